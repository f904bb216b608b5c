"""The Argo Workflows controller's configuration: its ConfigMap in both layouts, or Helm values.

Source: argo-workflows config/controller.go (parseConfigMap). `data.config` holds all of it as one
YAML text and then stands alone; else every key of `data` is a setting whose value is YAML text.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from enum import Enum
from typing import Any

from kguard.facts.run import Facts
from kguard.kube.recognise import HELM_VALUES
from kguard.model import (
    Key,
    Resource,
    Route,
    Scope,
    dig,
)
from kguard.record import record
from kguard.relations import is_other

_KINDS = ("ConfigMap", HELM_VALUES)
CONFIG_NAME = "workflow-controller-configmap"
"""The name in the official manifests; Helm puts the release and the chart before it."""

_CONTROLLER = "workflow-controller"

_YAML_SECONDS = 1e-5
"""For a character, as in `Facts.remember_text`: five times what the densest text takes."""

# Helm values under `controller` that become the setting of the same name (argo-helm,
# charts/argo-workflows/templates/controller/workflow-controller-config-map.yaml).
_HELM_SETTINGS = (
    "columns",
    "failedPodRestart",
    "initialDelay",
    "links",
    "metricsConfig",
    "namespaceParallelism",
    "navColor",
    "nodeEvents",
    "parallelism",
    "persistence",
    "podGCDeleteDelayDuration",
    "podGCGracePeriodSeconds",
    "resourceRateLimit",
    "retentionPolicy",
    "synchronization",
    "telemetryConfig",
    "workflowDefaults",
    "workflowEvents",
    "workflowRestrictions",
)
# Those that have a place of their own in the values.
_HELM_OWN_PLACE = ("artifactRepository", "executor", "mainContainer")


class Layout(Enum):
    """Where the settings stand."""

    ONE_TEXT = "config"
    KEYS = "keys"
    HELM = "values"


@record
class Unparsed:
    """A text of the configuration that is no YAML, or a value that is no text: route and cause."""

    route: Route
    cause: str


@record
class Repeated:
    """A key written twice inside a YAML text: the route to the text, and the keys inside it."""

    route: Route
    keys: Route


@record(eq=False)
class ControllerConfig(Scope):
    """The configuration as the controller reads it; `data` is `sections`, names as written.

    Keys are found without regard to case, as Go's JSON does. `texts` leads from each setting to
    the value of the resource that holds it, whole or as YAML text.
    """

    layout: Layout
    texts: Mapping[str, Route]
    unparsed: tuple[Unparsed, ...] = ()
    repeated: tuple[Repeated, ...] = ()
    beside: ControllerConfig | None = None
    """Settings in keys of their own beside `config`, on which the controller exits."""

    @property
    def parts(self) -> tuple[ControllerConfig, ...]:
        """This configuration, and what stands beside it: all that is to be correct."""
        return (self,) if self.beside is None else (self, self.beside)

    @property
    def sections(self) -> Mapping[str, Any]:
        """The settings: name as written → value."""
        return self.data

    def get(self, *keys: Key, default: Any = None) -> Any:
        """The value under `keys`, or `default` where any step is absent or null."""
        written = self.written(*keys)
        return default if written is None else dig(self.data, *written, default=default)

    def at(self, *keys: Key) -> Route:
        """The route to a setting.

        What stands inside a YAML text has no route of its own and is shown at the text. What is
        absent is the deepest route that exists with the absent keys behind it.
        """
        written: list[Key] = []
        data: Any = self.data
        for key in keys:
            found = _find(data, key)
            if found is None:
                break
            written.append(found)
            data = data[found]
        missing = tuple(keys[len(written) :])
        if not written:
            return (*self.route, *missing)
        text = self.texts[str(written[0])]
        inside = () if self._is_text(text) else tuple(written[1:])
        return (*text, *inside, *missing)

    @property
    def workflow_defaults(self) -> Mapping[str, Any]:
        """What `workflowDefaults` gives to every workflow, as a Workflow: `metadata`, `spec`."""
        found = self.get("workflowDefaults")
        return found if isinstance(found, Mapping) else {}

    def defaults_route(self, *keys: Key) -> Route:
        """The route to a value of `workflowDefaults`."""
        return self.at("workflowDefaults", *keys)

    def _is_text(self, route: Route) -> bool:
        return self.layout is not Layout.HELM and isinstance(dig(self.resource.data, *route), str)

    def written(self, *keys: Key) -> Route | None:
        """The keys of a setting as they are written; None where it is absent."""
        written: list[Key] = []
        data: Any = self.data
        for key in keys:
            found = _find(data, key)
            if found is None:
                return None
            written.append(found)
            data = data[found]
        return tuple(written)


def _find(data: Any, key: Key) -> Key | None:
    """How `key` is written in `data`: exactly so, else in other case; None where it is absent."""
    if isinstance(data, list) and isinstance(key, int):
        return key if 0 <= key < len(data) else None
    if not isinstance(data, Mapping) or not isinstance(key, str):
        return None
    if key in data:
        return key
    return next((k for k in data if isinstance(k, str) and k.lower() == key.lower()), None)


def controller_config(facts: Facts, resource: Resource) -> ControllerConfig | None:
    """The configuration in a ConfigMap or in Helm values; None for what is none of it.

    A ConfigMap is one by its name, or because a controller in its unit or the user names it.
    Raises Expired where there is no time left to read what it holds.
    """
    for ready in facts.assume.argo_configs:
        if ready.resource is resource:
            return ready
    if resource.kind == HELM_VALUES:
        return _from_values(resource)
    if (resource.group, resource.kind) != ("", "ConfigMap"):
        return None
    named = resource is facts.assume.argo_controller
    known = resource.name == CONFIG_NAME or resource.name.endswith(f"-{CONFIG_NAME}")
    if not (named or known or resource.name in facts.remember_unit(_names_in_arguments, resource)):
        return None
    data = dig(resource.data, "data")
    texts = data.values() if isinstance(data, Mapping) else ()
    facts.go_on(_YAML_SECONDS * sum(len(text) for text in texts if isinstance(text, str)))
    return _from_config_map(resource)


def find_controller_config(facts: Facts, near: Resource) -> ControllerConfig | None:
    """The configuration that applies to `near`: the one the user named, else that of the unit.

    Else the only one of the run, whose place may be a folder of its own. None where none is seen,
    and where several are: which one applies is then unknown.
    """
    if facts.assume.argo_controller is not None:
        return facts.controller_config(facts.assume.argo_controller)
    return facts.remember_unit(_of_unit, near)


def seen_configs(facts: Facts, near: Resource) -> list[ControllerConfig]:
    """The configurations in the unit of `near`, where there are none those of the run.

    With more than one, which applies is not known.
    """
    return facts.remember_unit(_seen, near)


def _seen(facts: Facts, near: Resource) -> list[ControllerConfig]:
    beside = (item for kind in _KINDS for item in facts.index.in_unit(near, "", kind))
    if own := _configs(facts, beside):
        return own
    return [each for each in facts.remember_run(_all_seen) if is_other(near, each.resource.unit)]


def _all_seen(facts: Facts) -> list[ControllerConfig]:
    return _configs(facts, (item for kind in _KINDS for item in facts.index.everywhere("", kind)))


def _configs(facts: Facts, items: Iterable[Resource]) -> list[ControllerConfig]:
    found = map(facts.controller_config, items)
    return [config for config in found if config is not None]


def _of_unit(facts: Facts, near: Resource) -> ControllerConfig | None:
    candidates = seen_configs(facts, near)
    return candidates[0] if len(candidates) == 1 else None


def _from_config_map(resource: Resource) -> ControllerConfig:
    data = dig(resource.data, "data")
    data = data if isinstance(data, Mapping) else {}
    if "config" not in data:
        return _from_keys(resource, data)
    others = {name: value for name, value in data.items() if name != "config"}
    reader, route = _Texts(), ("data", "config")
    parsed = reader.read(route, data["config"])
    sections = dict(parsed) if isinstance(parsed, Mapping) else {}
    if parsed is not None and not isinstance(parsed, Mapping):
        reader.unparsed.append(Unparsed(route, "it holds no mapping"))
    return ControllerConfig(
        resource=resource,
        route=route,
        data=sections,
        layout=Layout.ONE_TEXT,
        texts=dict.fromkeys(sections, route),
        unparsed=tuple(reader.unparsed),
        repeated=tuple(reader.repeated),
        beside=_from_keys(resource, others) if others else None,
    )


def _from_keys(resource: Resource, data: Mapping[str, Any]) -> ControllerConfig:
    reader = _Texts()
    return ControllerConfig(
        resource=resource,
        route=("data",),
        data={name: reader.read(("data", name), value, name) for name, value in data.items()},
        layout=Layout.KEYS,
        texts={name: ("data", name) for name in data},
        unparsed=tuple(reader.unparsed),
        repeated=tuple(reader.repeated),
    )


def _from_values(resource: Resource) -> ControllerConfig | None:
    controller = dig(resource.data, "controller")
    if not isinstance(controller, Mapping):
        return None
    routes: dict[str, Route] = {
        **{key: ("controller", key) for key in _HELM_SETTINGS},
        **{key: (key,) for key in _HELM_OWN_PLACE},
    }
    # Empty values are left out by the chart's `with` and `if`.
    texts = {key: route for key, route in routes.items() if dig(resource.data, *route)}
    return ControllerConfig(
        resource=resource,
        route=("controller",),
        data={key: dig(resource.data, *route) for key, route in texts.items()},
        layout=Layout.HELM,
        texts=texts,
    )


class _Texts:
    """Reads the YAML texts of one ConfigMap and keeps what is wrong with them."""

    def __init__(self) -> None:
        self.unparsed: list[Unparsed] = []
        self.repeated: list[Repeated] = []

    def read(self, route: Route, value: Any, name: str = "") -> Any:
        """The value of a text; with a `name`, of a fragment that stands behind `name:`."""
        from kguard.source import read

        if value is None:
            return None
        if not isinstance(value, str):
            # The API server refuses it; what was meant is plain all the same.
            self.unparsed.append(Unparsed(route, "it is no text"))
            return value
        source = read("", (_fragment(name, value) if name else value).encode("utf-8", "replace"))
        for error in source.errors:
            self.unparsed.append(Unparsed(route, error.message))
        if source.errors or not source.documents:
            return None
        document = source.documents[0]
        for each in document.duplicates:
            self.repeated.append(Repeated(route, each.route[1:] if name else each.route))
        return dig(document.data, name) if name else document.data


def _fragment(name: str, value: str) -> str:
    """The YAML that the controller makes of one key of `data` (config/controller.go)."""
    if "\n" not in value:
        return f"{name}: {value}\n"
    lines = value.strip("\n").split("\n")
    return f"{name}:\n" + "".join(f"  {line}\n" for line in lines)


def _names_in_arguments(facts: Facts, near: Resource) -> frozenset[str]:
    """The ConfigMaps that controllers in the unit of `near` are told to read (`--configmap`)."""
    return frozenset(
        name
        for workload in facts.index.in_unit(near, "apps", "Deployment")
        for name in facts.remember(_configmap_arguments, workload)
    )


def _configmap_arguments(facts: Facts, workload: Resource) -> list[str]:
    return list(_arguments(facts, workload))


def _arguments(facts: Facts, workload: Resource) -> Iterator[str]:
    pod = facts.pod(workload)
    for container in pod.running if pod else ():
        command, args = container.get("command"), container.get("args")
        words = [
            word
            for part in (command, args)
            if isinstance(part, list)
            for word in part
            if isinstance(word, str)
        ]
        image = container.get("image")
        if not any(_CONTROLLER in word for word in [*words, str(image)]):
            continue
        for word, following in zip(words, [*words[1:], ""], strict=False):
            if word == "--configmap" and following:
                yield following
            elif word.startswith("--configmap="):
                yield word.partition("=")[2]
