"""The policy directory: everything a review is judged by, read as data and checked as a whole.

`kguard.yaml` is a configuration as `kguard check` reads it, `webhook.yaml` says what findings lead
to, every other YAML file lists exceptions. Code comes from the image only.
"""

from __future__ import annotations

import datetime
import hashlib
import json
import os
from collections.abc import Iterator, Mapping
from typing import Any

from kguard.config import ConfigError, Problem, Settings, Where
from kguard.config.build import build
from kguard.config.layer import Layer, parse_yaml
from kguard.config.validate import check_shape, judge
from kguard.engine import Engine
from kguard.ignore.grammar import GrammarError, parse_date
from kguard.kube.images import SHELL_NAMES, ImageFacts
from kguard.model import Finding, Resource, Severity, dig
from kguard.policy.registry import Registry
from kguard.record import field, record, replace
from kguard.rules import Rules, Table
from kguard.webhook.exceptions import IN_FORCE, Exemption
from kguard.webhook.stances import Entry, Mode, Stance, Stances, release
from kguard.webhook.subjects import Subjects
from kguard.words import nearest

SETTINGS, WEBHOOK = "kguard.yaml", "webhook.yaml"

CONTROLLERS = frozenset(
    {
        "system:kube-controller-manager",
        *(
            f"system:serviceaccount:kube-system:{name}-controller"
            for name in ("replicaset", "deployment", "statefulset", "daemon-set", "job", "cronjob")
        ),
        "system:serviceaccount:kube-system:replication-controller",
    }
)
"""Who makes Pods and Jobs from templates, with and without `--use-service-account-credentials`.

Source: kubernetes plugin/pkg/auth/authorizer/rbac/bootstrappolicy/controller_policy.go.
"""

FIRST_RELEASE = "0.1"

MOST_FINDINGS = 1000
"""Findings of one severity that are kept of a policy about one object: 300 KB of JSON can be made
to have 200,000, which take 1 KB of memory each. With more errors it counts as unanswered, too."""

_LARGEST = 1024 * 1024
"""Bytes in a file: what a ConfigMap can hold."""

_MOST_TABLES = 1000
"""How many combinations of rules and stances are remembered."""

_ATTEMPTS = 3
"""How often a directory is read that changes under the reader."""

OFFLINE = (
    *("baseline", "context", "complete", "exclude", "fail-on"),
    *("helm", "kustomize", "woodpecker"),
)
"""Settings that speak of files and mean nothing in a cluster."""


@record
class Defaults:
    """What the command line says, which the directory overrides.

    `labels` is whether the labels of namespaces are read from the cluster, so that modes can
    depend on them.
    """

    mode: Mode = Mode.WARN
    deny_on_error: bool = False
    trusted: frozenset[str] = frozenset()
    labels: bool = True


Subject = tuple[str, str, str | None]
"""A policy, a kind and a namespace."""


@record(eq=False)
class PolicySet:
    """What reviews are judged by, from one state of the directory; `revision` names that state."""

    settings: Settings
    engine: Engine
    rules: Rules
    stances: Stances
    exceptions: Mapping[Subject, list[Exemption]]
    """By what they are for."""
    trusted: frozenset[str]
    registry: Registry
    images: Mapping[str, ImageFacts]
    revision: str
    _tables: dict[tuple[int, int], tuple[Table, Mapping[str, Stance], Table]] = field(
        default_factory=dict
    )
    """What `table` answered, by the identity of what it follows from."""

    def table(self, resource: Resource, stances: Mapping[str, Stance]) -> Table:
        """The rules in force for an object, without those of policies that are off there."""
        rules = self.rules(resource)
        key = (id(rules), id(stances))
        found = self._tables.get(key)
        if found is None or found[0] is not rules or found[1] is not stances:
            on = {i: rule for i, rule in rules.items() if stances[i].mode is not Mode.OFF}
            if len(self._tables) >= _MOST_TABLES:
                self._tables.clear()
            found = self._tables[key] = rules, stances, on
        return found[2]

    def exemption(self, finding: Finding, today: datetime.date) -> Exemption | None:
        """The exception that covers a finding: one in force before one that is not."""
        subject = (finding.policy, finding.resource.kind, finding.resource.namespace)
        covering = [each for each in self.exceptions.get(subject, ()) if each.covers(finding)]
        in_force = (each for each in covering if each.state(today) in IN_FORCE)
        return next(in_force, covering[0] if covering else None)


Contents = Mapping[str, bytes]
"""Files of a policy directory by name."""


def read_directory(folder: str) -> dict[str, bytes]:
    """The YAML files of a directory. Raises OSError.

    The kubelet changes all files of a ConfigMap at once: they are links through `..data`, which it
    points to another directory before it removes the old one. So the files are read where that
    leads, and once more where it was moved meanwhile.
    """
    for _ in range(_ATTEMPTS):
        link = os.path.join(folder, "..data")
        place = os.path.realpath(link) if os.path.islink(link) else folder
        try:
            return {name: read_file(os.path.join(place, name)) for name in _names(place)}
        except FileNotFoundError as error:
            gone = error
    raise gone


def read_file(path: str) -> bytes:
    """What a file of settings holds, cut off behind what is too much. Raises OSError."""
    with open(path, "rb") as file:
        return file.read(_LARGEST + 1)


def _names(folder: str) -> Iterator[str]:
    """The YAML files in a directory; names with a leading dot are the kubelet's and editors'."""
    for name in sorted(os.listdir(folder)):
        if not name.startswith(".") and name.endswith((".yaml", ".yml")):
            # A link to nothing is a fault to be told of; a directory or a pipe holds no settings.
            path = os.path.join(folder, name)
            if os.path.isfile(path) or not os.path.exists(path):
                yield name


def left_out(folder: str) -> list[str]:
    """What a directory holds that is not read, folders with a slash; raises OSError."""
    read = set(_names(folder))
    return [
        name + "/" * os.path.isdir(os.path.join(folder, name))
        for name in sorted(os.listdir(folder))
        if name not in read and not name.startswith("..")
    ]


def revision_of(contents: Contents, defaults: Defaults) -> str:
    """A short name for a state of the directory: equal states have equal names."""
    from kguard import __version__

    said = [__version__, defaults.mode.word, defaults.deny_on_error, sorted(defaults.trusted)]
    digest = hashlib.sha256(json.dumps(said).encode())
    for name, content in sorted(contents.items()):
        digest.update(f"\n{name} {len(content)}\n".encode() + content)
    return digest.hexdigest()[:12]


def build_policy_set(
    contents: Contents,
    registry: Registry,
    folder: str,
    defaults: Defaults | None = None,
    config: str | None = None,
) -> PolicySet:
    """The policy set that files describe; raises ConfigError with every fault found.

    Faults are shown with `folder` before the name of the file; `config` is the path of the
    settings, where they are not from there.
    """
    defaults = defaults or Defaults()
    shown = {name: os.path.normpath(os.path.join(folder, name)) for name in contents}
    if config:
        shown[SETTINGS] = config
    problems = [
        Problem(Where(shown[name]), f"larger than {_LARGEST // 1024} KiB, which is too much")
        for name, content in contents.items()
        if len(content) > _LARGEST
    ]
    if problems:
        raise ConfigError(problems)
    layers: dict[str, Layer] = {}
    for name, content in contents.items():
        try:
            data, locate = parse_yaml(shown[name], content)
            layers[name] = Layer(data, locate, folder)
        except ConfigError as error:
            problems += error.problems
    exceptions: list[Exemption] = []
    seen: dict[Exemption, str] = {}
    settings, (stances, trusted) = Settings(), _stances(None, registry, defaults, problems)
    for name, layer in layers.items():
        if name == SETTINGS:
            settings = _settings(layer, registry, folder, shown[name], problems) or settings
        elif name == WEBHOOK:
            stances, trusted = _stances(layer, registry, defaults, problems)
        else:
            exceptions += _exceptions(layer, registry, name, problems, seen)
    if problems:
        raise ConfigError(problems)
    by_subject: dict[Subject, list[Exemption]] = {}
    for each in exceptions:
        by_subject.setdefault((each.policy, each.kind, each.namespace), []).append(each)
    return PolicySet(
        settings=settings,
        engine=Engine((p for p in registry.policies.values() if p.doors == "both"), MOST_FINDINGS),
        rules=settings.rules(registry),
        stances=stances,
        exceptions=by_subject,
        trusted=trusted,
        registry=registry,
        images={
            name: ImageFacts(None, SHELL_NAMES.get(i.shell or ""), i.entrypoint, i.cmd)
            for name, i in settings.images.items()
        },
        revision=revision_of(contents, defaults),
    )


def _settings(
    layer: Layer, registry: Registry, folder: str, name: str, problems: list[Problem]
) -> Settings | None:
    found = check_shape(layer, registry)
    for key in OFFLINE:
        if key in layer.data:
            found.append(layer.problem((key,), f"`{key}` means nothing in a cluster", at_key=True))
    if "ignore" in layer.data:
        message = "`ignore` cannot be used in a cluster"
        help = "write exceptions, which have an owner and end"
        found.append(layer.problem(("ignore",), message, help, at_key=True))
    overrides = layer.data.get("overrides")
    for index, entry in enumerate(overrides if isinstance(overrides, list) else ()):
        if isinstance(entry, Mapping) and "paths" in entry:
            message = "`paths` means nothing in a cluster"
            found.append(layer.problem(("overrides", index, "paths"), message, at_key=True))
    if dig(layer.data, "argo", "controller-config"):
        message = "the webhook reads the controller's configuration from the cluster"
        found.append(layer.problem(("argo", "controller-config"), message, at_key=True))
    images = dig(layer.data, "image-map")
    if isinstance(images, str):
        message = "`image-map` names a file; write the images here"
        found.append(layer.problem(("image-map",), message))
    for image, facts in images.items() if isinstance(images, Mapping) else ():
        if isinstance(facts, Mapping) and "dockerfile" in facts:
            message = f"the webhook cannot read the Dockerfile of `{image}`"
            help = "write its `entrypoint`, `cmd` and `shell`"
            found.append(layer.problem(("image-map", image, "dockerfile"), message, help))
    problems += found
    if found:
        return None
    try:
        return build([layer], [], registry, folder, name)
    except ConfigError as error:
        problems += error.problems
        return None


def _stances(
    layer: Layer | None, registry: Registry, defaults: Defaults, problems: list[Problem]
) -> tuple[Stances, frozenset[str]]:
    data: Mapping[str, Any] = {}
    if layer is not None:
        found = list(judge(layer, layer.data, _schema("webhook.schema.json"), ()))
        problems += found
        data = {} if found else layer.data
    usual = Stance(defaults.mode, deny_on_error=defaults.deny_on_error)
    stance = _entry(data, {}, frozenset()).over(usual)
    entries = []
    for index, item in enumerate(data.get("modes") or ()):
        ids: dict[str, frozenset[str]] = {}
        for place, selector in enumerate(item.get("policies") or ()):
            ids[selector] = frozenset(registry.expand(selector))
            if not ids[selector] and layer is not None:
                known = [*registry.policies, *registry.aliases, *registry.families(), "ALL"]
                message = f"no policy or family `{selector}`{nearest(selector, known)}"
                problems.append(layer.problem(("modes", index, "policies", place), message))
        if layer is not None and "namespace-labels" in item and not defaults.labels:
            # Unknown labels only make modes stricter: one namespace's would be that of all.
            message = "`namespace-labels` are not read from the cluster here"
            help = "name the `namespaces`, or leave out `--no-cluster` and `--no-context`"
            route = ("modes", index, "namespace-labels")
            problems.append(layer.problem(route, message, help, at_key=True))
        named = frozenset(
            i for s, found_ids in ids.items() if registry.resolve(s) for i in found_ids
        )
        entries.append(_entry(item, ids, named))
    through = release(data.get("enforce-through", FIRST_RELEASE))
    trusted = CONTROLLERS | defaults.trusted | frozenset(data.get("trusted-controllers") or ())
    return Stances(stance, entries, registry, through), trusted


def _entry(
    item: Mapping[str, Any], ids: Mapping[str, frozenset[str]], named: frozenset[str]
) -> Entry:
    mode, deny_at, on_error = (item.get(key) for key in ("mode", "deny-at", "on-error"))
    return Entry(
        policies=frozenset().union(*ids.values()) if ids else None,
        named=named,
        namespaces=tuple(item.get("namespaces") or ()),
        namespace_labels=item.get("namespace-labels") or {},
        mode=_mode(mode),
        deny_at=Severity.parse(deny_at) if deny_at else None,
        deny_on_error=on_error == "deny" if on_error else None,
        ratchet=item.get("ratchet"),
        annotations=item.get("annotations"),
    )


def _mode(word: object) -> Mode | None:
    """The mode a word names; `off` without quotes is false in YAML."""
    if isinstance(word, str):
        return Mode[word.upper()]
    return Mode.OFF if word is False else None


def _exceptions(
    layer: Layer,
    registry: Registry,
    name: str,
    problems: list[Problem],
    seen: dict[Exemption, str],
) -> Iterator[Exemption]:
    if not layer.data:
        return
    found = list(judge(layer, layer.data, _schema("exceptions.schema.json"), ()))
    problems += found
    subjects = Subjects(registry)
    for index, item in enumerate(() if found else layer.data["exceptions"] or ()):
        route = ("exceptions", index)
        for key, message, help in subjects.faults(item):
            problems.append(layer.problem((*route, key), message, help))
        policy = registry.resolve(item["policy"])
        if policy is None:
            hint = nearest(item["policy"], [*registry.policies, *registry.aliases])
            message = f"no policy `{item['policy']}`{hint}"
            problems.append(layer.problem((*route, "policy"), message))
        if ("name" in item) == ("generate-name" in item):
            message = "an exception has either a `name` or a `generate-name`"
            problems.append(layer.problem(route, message))
        try:
            expires = parse_date(item["expires"])
        except GrammarError:
            message = f"`{item['expires']}` is no day of the calendar"
            problems.append(layer.problem((*route, "expires"), message))
            expires = datetime.date.min
        exemption = Exemption(
            policy=policy or "",
            kind=item["kind"],
            reason=item["reason"],
            owner=item["owner"],
            expires=expires,
            namespace=item.get("namespace"),
            name=item.get("name", ""),
            generate_name=item.get("generate-name", ""),
            path=item.get("path", ""),
        )
        origin = str(layer.locate(route, False))
        if first := seen.get(exemption):
            problems.append(layer.problem(route, f"the same exception as in {first}"))
        seen.setdefault(exemption, origin)
        yield replace(exemption, origin=origin)


def _schema(name: str) -> dict[str, Any]:
    with open(os.path.join(os.path.dirname(__file__), name), encoding="utf-8") as file:
        schema: dict[str, Any] = json.load(file)
    return schema
