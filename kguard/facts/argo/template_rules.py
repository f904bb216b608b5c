"""For what Argo refuses a template, whatever calls it.

Sources: argo-workflows workflow/validate/validate.go (validateTemplate, validateTemplateType,
validateInputs, validateLeaf, validateOutputs, validateOutputParameter, validateArtifactLocation),
pkg/apis/workflow/v1alpha1 (Template.IsLeaf, Artifact.CleanPath, ContainerSetTemplate.Validate),
workflow/metrics/util.go, workflow/artifacts/hdfs (ValidateArtifact).
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator, Mapping
from typing import Any

from kguard.facts.argo import deadlines
from kguard.facts.argo.references import without_tags
from kguard.facts.argo.templates import TYPES, Template
from kguard.facts.argo.wrong import Wrong, given, items_of, named, wrong_names
from kguard.facts.quantities import is_placeholder, literal
from kguard.facts.run import Facts
from kguard.kube import argo
from kguard.model import Related, Route, Scope, dig
from kguard.words import closest, nearest

LEAVES = frozenset({"container", "containerSet", "script", "resource", "data", "http", "plugin"})
"""What Argo calls leaves (Template.IsLeaf); `suspend` is none."""

# What says where an artifact is, of each way to store it (ArtifactLocation.HasLocation, GetKey);
# any field does for those that are left open here.
_PLACES: Mapping[str, tuple[str, ...]] = {
    "artifactory": ("url",),
    "azure": ("blob",),
    "gcs": ("key",),
    "git": ("repo",),
    "hdfs": ("addresses", "path"),
    "http": ("url",),
    "oss": ("key",),
    "plugin": (),
    "s3": ("key",),
}
_ACTIONS = ("get", "create", "apply", "delete", "replace", "patch")


def artifact_place(item: Mapping[str, Any]) -> bool:
    """Whether an artifact says where it is stored."""
    if isinstance(item.get("raw"), Mapping):
        return True
    return any(
        any(given(place.get(key)) for key in keys or place)
        for kind, keys in _PLACES.items()
        if isinstance(place := item.get(kind), Mapping)
    )


def of_template(facts: Facts, template: Template) -> Iterator[Wrong]:
    """What is wrong with a template itself; its steps and tasks are looked at elsewhere."""
    yield from _type(template)
    yield from wrong_names(template, ("inputs", "parameters"), "input", parameters=True)
    yield from wrong_names(template, ("inputs", "artifacts"), "artifact", parameters=True)
    yield from wrong_names(template, ("outputs", "parameters"), "output", parameters=True)
    yield from wrong_names(template, ("outputs", "artifacts"), "artifact", parameters=True)
    if template.kind:
        yield from _artifacts(template)
        yield from deadlines.of_template(template)
        yield from _where_it_counts(template)
        yield from _outputs(template)
    yield from _containers(template)
    yield from _unmounted(template)
    yield from _resource(facts, template)
    yield from _metrics(template)


def _type(template: Template) -> Iterator[Wrong]:
    written = [key for key in TYPES if template.get(key) is not None]
    if not written:
        empty = [key for key in TYPES if key in template.data]
        text = f"{template.called} says nothing of what it runs"
        if empty:
            yield Wrong(template, (empty[0],), text, f"`{empty[0]}:` is empty; write `{{}}`")
        else:
            yield Wrong(template, (), text, f"it has one of {', '.join(TYPES)}")
    for key in written[1:]:
        text = f"{template.called} has `{written[0]}` and `{key}`"
        there = Related(template.resource, template.at(written[0]), "the other")
        yield Wrong(template, (key,), text, "a template runs one of them", (there,), at_key=True)
    if template.kind == "dag" and not template.get("dag", "tasks"):
        yield Wrong(template, ("dag", "tasks"), f"the DAG of {template.called} has no tasks")


def _artifacts(template: Template) -> Iterator[Wrong]:
    leaf = template.kind in LEAVES
    for side in ("inputs", "outputs"):
        for keys, item in items_of(template, side, "artifacts"):
            yield from _artifact(template, keys, item, leaf)
            if side == "inputs" and given(item.get("from")):
                text = f"input artifact `{item.get('name', '')}` has `from`"
                yield Wrong(
                    template, (*keys, "from"), text, "that belongs into the arguments", at_key=True
                )
    place = template.get("archiveLocation")
    if isinstance(place, Mapping):
        yield from _place(template, ("archiveLocation",), place)


def _artifact(
    template: Template, keys: Route, item: Mapping[str, Any], leaf: bool
) -> Iterator[Wrong]:
    called, path = f"artifact `{item.get('name', '')}`", item.get("path")
    if leaf and not given(path):
        yield Wrong(template, (*keys, "path"), f"{called} of {template.called} has no `path`")
    elif not leaf and given(path):
        text = f"{called} has a `path`: {template.called} runs no container"
        yield Wrong(template, (*keys, "path"), text, at_key=True)
    elif leaf and _leaves_its_folder(literal(path) or ""):
        yield Wrong(template, (*keys, "path"), f"the path of {called} climbs out with `..`")
    if keys[0] == "inputs":
        yield from _place(template, keys, item)


def _leaves_its_folder(path: str) -> bool:
    start = path.find("/../")
    if start < 0:
        start = len(path) - 3 if path.endswith("/..") else -1
    if start <= 0:
        return False
    clean, safe = posixpath.normpath(path), path[:start] + "/"
    return not clean.startswith(safe) or len(clean) <= len(safe)


def _place(template: Template, keys: Route, item: Mapping[str, Any]) -> Iterator[Wrong]:
    git, hdfs = item.get("git"), item.get("hdfs")
    if isinstance(git, Mapping) and not given(git.get("repo")):
        yield Wrong(template, (*keys, "git", "repo"), "`git` has no `repo`")
    if not isinstance(hdfs, Mapping):
        return
    for key in ("addresses", "path"):
        if not hdfs.get(key):
            yield Wrong(template, (*keys, "hdfs", key), f"`hdfs` has no `{key}`")
    path = literal(hdfs.get("path"))
    if path and not path.startswith("/"):
        yield Wrong(template, (*keys, "hdfs", "path"), f"the path `{path}` is not absolute")
    ways = ("hdfsUser", "krbCCacheSecret", "krbKeytabSecret")
    if not any(hdfs.get(key) for key in ways):
        text = "`hdfs` has no user and no Kerberos secret"
        yield Wrong(template, (*keys, "hdfs"), text, f"one of {', '.join(ways)} is needed")


def _where_it_counts(template: Template) -> Iterator[Wrong]:
    """Fields that only templates of some kinds have."""
    calls = template.kind in ("steps", "dag")
    if not calls and template.get("parallelism") is not None:
        text = f"`parallelism` on {template.called}, which calls nothing"
        yield Wrong(
            template, ("parallelism",), text, "only steps and dag templates have it", at_key=True
        )
    if template.kind not in LEAVES and given(template.get("timeout")):
        text = f"`timeout` on {template.called}, which runs no container"
        yield Wrong(
            template, ("timeout",), text, f"Argo refuses it for {template.kind}", at_key=True
        )
    for keys, item in items_of(template, "initContainers"):
        if not given(item.get("name")):
            yield Wrong(
                template, (*keys, "name"), f"an init container of {template.called} has no name"
            )


_SOURCES = ("path", "jqFilter", "jsonPath", "parameter", "expression")
_SOURCES_OF = {
    "container": ("path",),
    "containerSet": ("path",),
    "script": ("path",),
    "resource": ("jqFilter", "jsonPath"),
    "dag": ("parameter", "expression"),
    "steps": ("parameter", "expression"),
    # Not checked, but nothing else comes out of a node that waits (addRawOutputFields).
    "suspend": ("supplied",),
}


def _outputs(template: Template) -> Iterator[Wrong]:
    for side in ("parameters", "artifacts"):
        for keys, item in items_of(template, "outputs", side):
            name = literal(item.get("globalName"))
            if name and not re.fullmatch(r"[-a-zA-Z0-9_]+", name):
                yield Wrong(template, (*keys, "globalName"), f"`{name}` is no name of an output")
            if side == "parameters":
                yield from _output(template, keys, item)


def _output(template: Template, keys: Route, item: Mapping[str, Any]) -> Iterator[Wrong]:
    called, source = f"output `{item.get('name', '')}`", item.get("valueFrom")
    if source is None and item.get("value") is None:
        yield Wrong(
            template, (*keys, "valueFrom"), f"{called} of {template.called} has no `valueFrom`"
        )
    if not isinstance(source, Mapping):
        return
    if item.get("value") is not None:
        yield Wrong(
            template, (*keys, "value"), f"{called} has `value` and `valueFrom`", at_key=True
        )
        return
    written = [key for key in _SOURCES if given(source.get(key))]
    if source.get("supplied") is not None:
        written.append("supplied")
    wanted = _SOURCES_OF.get(template.kind, ())
    at = (*keys, "valueFrom")
    if len(written) > 1:
        text = f"{called} has `valueFrom.{written[0]}` and `.{written[1]}`"
        yield Wrong(template, (*at, written[1]), text, at_key=True)
    elif not written:
        names = " or ".join(f"`{key}`" for key in wanted or _SOURCES)
        yield Wrong(template, at, f"`valueFrom` of {called} is empty", f"write {names}")
    elif wanted and written[0] not in wanted:
        names = " or ".join(f"`{key}`" for key in wanted)
        text = f"{called} of a {template.kind} template has `valueFrom.{written[0]}`"
        yield Wrong(
            template, (*at, written[0]), text, f"such a template needs {names}", at_key=True
        )


def _containers(template: Template) -> Iterator[Wrong]:
    for key in ("container", "script"):
        container = template.get(key)
        if isinstance(container, Mapping) and not given(template.value(key, "image")):
            yield Wrong(template, (key, "image"), f"the {key} of {template.called} has no image")
    yield from _mounts(template)
    if isinstance(template.get("containerSet"), Mapping):
        yield from _set(template)


def _mounts(template: Template) -> Iterator[Wrong]:
    """Paths that are mounted twice: the API server refuses such a container (must be unique)."""
    shared = _paths(template, ("containerSet", "volumeMounts"), "mountPath")
    yield from _twice(template, {}, shared)
    before = {path: route for route, path in reversed(shared)}
    for keys, _, _ in argo.containers(template.data):
        own = _paths(template, (*keys, "volumeMounts"), "mountPath")
        if keys[0] == "container":  # Only there Argo wants those of artifacts to be others.
            own += _paths(template, ("inputs", "artifacts"), "path")
        yield from _twice(template, before if keys[0] == "containerSet" else {}, own)


def _paths(template: Template, keys: Route, key: str) -> list[tuple[Route, str]]:
    found = [((*route, key), literal(item.get(key))) for route, item in items_of(template, *keys)]
    return [(route, path) for route, path in found if path]


def _twice(
    template: Template, before: Mapping[str, Route], own: list[tuple[Route, str]]
) -> Iterator[Wrong]:
    first: dict[str, Route] = {}  # `before` is that of many containers, and not copied for each.
    for route, path in own:
        there = before.get(path) or first.get(path)
        if there:
            related = (Related(template.resource, template.at(*there), "the first"),)
            text = f"`{path}` is mounted twice in {template.called}"
            yield Wrong(template, route, text, related=related)
        first.setdefault(path, route)


_MOUNT_KEYS = ("name", "mountPath")


def _unmounted(template: Template) -> Iterator[Wrong]:
    """Volume mounts that lack what the API server asks of them (ValidateVolumeMounts)."""
    holders: list[Route] = [keys for keys, _, _ in argo.containers(template.data)]
    if isinstance(template.get("containerSet"), Mapping):
        holders.append(("containerSet",))
    for holder in holders:
        written = Scope(template.resource, template.at(*holder), template.get(*holder))
        for keys, item in items_of(written, "volumeMounts"):
            for key in _MOUNT_KEYS:
                others = [each for each in item if each not in _MOUNT_KEYS]
                misspelt = any(is_placeholder(each) or closest(each, [key]) for each in others)
                if not given(item.get(key)) and not misspelt:
                    text = f"a volumeMount of {template.called} has no `{key}`"
                    yield Wrong(written, (*keys, key), text, "the API server refuses the pod")


def _set(template: Template) -> Iterator[Wrong]:
    where = ("containerSet", "containers")
    names = named(template, *where)
    yield from wrong_names(template, where, "container")
    if not template.get(*where):
        yield Wrong(template, where, f"the containerSet of {template.called} has no containers")
        return
    handed = (("inputs", "artifacts"), ("outputs", "parameters"), ("outputs", "artifacts"))
    if any(template.get(*keys) for keys in handed) and "main" not in names:
        text = f"no container of {template.called} is called `main`"
        yield Wrong(template, where, text, "inputs and outputs are those of that container")
    graph: dict[str, list[str]] = {}
    for keys, item in items_of(template, *where):
        waits = item.get("dependencies")
        for number, other in enumerate(waits if isinstance(waits, list) else ()):
            graph.setdefault(str(item.get("name")), []).append(str(other))
            if other == "" or (literal(other) and other not in names):
                text = f"container `{item.get('name')}` waits for `{other}`"
                at = (*keys, "dependencies", number)
                yield Wrong(template, at, f"{text}, which is none of this set")
    circle = _circle(graph)
    if circle:
        names_of_it = " → ".join(f"`{name}`" for name in circle[::-1])
        yield Wrong(template, where, f"containers wait for each other: {names_of_it}")


def _circle(graph: Mapping[str, list[str]]) -> list[str]:
    """Containers that wait for each other, the first again at the end; empty where none do."""
    from graphlib import CycleError, TopologicalSorter  # Late: few templates are container sets.

    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        circle: list[str] = error.args[1]
        return circle
    return []


def _resource(facts: Facts, template: Template) -> Iterator[Wrong]:
    resource = template.get("resource")
    if not isinstance(resource, Mapping):
        return
    action = resource.get("action")
    if not given(action) or (literal(action) and action not in _ACTIONS):
        text = f"`{action}` is no action" if given(action) else "`resource` has no `action`"
        help = f"Argo knows {', '.join(f'`{each}`' for each in _ACTIONS)}"
        yield Wrong(template, ("resource", "action"), text + nearest(action, _ACTIONS), help)
    if action in ("get", "delete") or is_placeholder(action):
        return
    manifest, other = resource.get("manifest"), resource.get("manifestFrom")
    if not given(manifest) and other is None:
        text = f"`resource` of {template.called} has no `manifest` and no `manifestFrom`"
        yield Wrong(template, ("resource", "manifest"), text)
    elif given(manifest) and other is not None:
        yield Wrong(template, ("resource", "manifestFrom"), "`manifestFrom` beside `manifest`")
    if isinstance(manifest, str) and (reason := facts.remember_text(_unreadable, manifest)):
        text = f"the manifest of {template.called} is no YAML"
        yield Wrong(template, ("resource", "manifest"), text, reason)
    if isinstance(other, Mapping) and isinstance(other.get("artifact"), Mapping):
        name = other["artifact"].get("name")
        known = named(template, "inputs", "artifacts")
        if literal(name) and name not in known:
            at = ("resource", "manifestFrom", "artifact", "name")
            yield Wrong(template, at, f"{template.called} has no input artifact `{name}`")


def _unreadable(manifest: str) -> str:
    """Why a manifest is no YAML; empty where it is, or where more than tags is filled in."""
    text = without_tags(manifest, "x")
    if "{{" in text or "${" in text or "\n---" in text:
        return ""
    from kguard.source import read  # Late: few objects have such templates.

    errors = read("", text.encode("utf-8", "replace")).errors
    return errors[0].message if errors else ""


_METRIC = re.compile(r"[a-zA-Z_][a-zA-Z0-9_]*")


def _metrics(template: Template) -> Iterator[Wrong]:
    for keys, item in items_of(template, "metrics", "prometheus"):
        name, called = item.get("name"), f"metric `{item.get('name', '')}`"
        if not given(name) or (literal(name) and not _METRIC.fullmatch(str(name))):
            text = f"`{name}` is no name of a metric" if given(name) else "a metric without a name"
            yield Wrong(template, (*keys, "name"), text, "letters, digits and `_` are allowed")
        if not given(item.get("help")):
            yield Wrong(template, (*keys, "help"), f"{called} has no `help`")
        for route, label in items_of(Scope(template.resource, (), item), "labels"):
            key = label.get("key")
            if not given(key) or (literal(key) and not _METRIC.fullmatch(str(key))):
                yield Wrong(
                    template, (*keys, *route, "key"), f"`{key or ''}` is no label of a metric"
                )
        for kind in ("gauge", "counter", "histogram"):
            value = item.get(kind)
            if isinstance(value, Mapping) and not given(value.get("value")):
                yield Wrong(
                    template, (*keys, kind, "value"), f"`{kind}` of {called} has no `value`"
                )
        gauge = item.get("gauge")
        value = gauge.get("value") if isinstance(gauge, Mapping) else ""
        if dig(gauge, "realtime") is True and "resourcesDuration." in str(value):
            text = f"{called} is in real time: it cannot read `resourcesDuration`"
            yield Wrong(template, (*keys, "gauge", "value"), text)
