"""Fields of Kubernetes objects that stand where none of that name exists, or hold no string.

The table beside this module is made by tools/kube_fields.py from the OpenAPI specification. Fields
it does not know anywhere are left to validators of schemas: a newer release may have them.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from typing import TYPE_CHECKING, Any

from kguard.kube import argo
from kguard.kube.workloads import TEMPLATES
from kguard.model import Resource, Route, Scope, named_route
from kguard.record import record

if TYPE_CHECKING:
    from kguard.facts.run import Facts

# Where a list of containers is meant, people mean this one.
_OTHER_CONTAINERS = {"initContainers", "ephemeralContainers"}
_MOST_HOMES = 3
_DEEPEST_HOME = 2

# Maps whose keys are free, so that no struct tells where these belong: resources.cpu and the like.
_FREE_KEYS = {
    "ResourceRequirements": ("requests", "limits"),
    "VolumeResourceRequirements": ("requests",),
}

# What objects and pods are called, where people write it a level too deep.
_METADATA = {"name", "generateName", "namespace", "labels", "annotations", "finalizers"}
_HOLD_METADATA = ("Spec", "Container")

# The same thing has another name in other kinds.
_MEANT = {
    ("DeploymentSpec", "updateStrategy"): "strategy",
    ("StatefulSetSpec", "strategy"): "updateStrategy",
    ("DaemonSetSpec", "strategy"): "updateStrategy",
}
_SPECS = ("Deployment", "StatefulSet", "DaemonSet", "ReplicaSet", "Job", "CronJob")


@record(eq=False)
class MisplacedField(Scope):
    """A field that Kubernetes knows, though not where it stands: at `key` of this mapping.

    `homes` are the places it may have been meant for, as people write routes; empty where only
    `owners`, other kinds than the object's, have such a field. `renamed` is what it is called here.
    """

    key: str
    homes: tuple[str, ...] = ()
    owners: tuple[str, ...] = ()
    renamed: str = ""


@record(eq=False)
class WrongString(Scope):
    """A boolean or number where Kubernetes wants a string: at `keys` of the object."""

    keys: Route
    value: bool | int | float


@record
class _Level:
    """A struct on the way from the root of an object to a field, with its route."""

    struct: str
    route: Route


def misplaced_fields(facts: Facts, resource: Resource) -> list[MisplacedField]:
    """The misplaced fields of a workload."""
    return [each for each in facts.remember(_faults, resource) if isinstance(each, MisplacedField)]


def wrong_strings(facts: Facts, resource: Resource) -> list[WrongString]:
    """The fields of any object that hold a boolean or a number where a string belongs."""
    return [each for each in facts.remember(_faults, resource) if isinstance(each, WrongString)]


@cache
def _table() -> Mapping[str, Any]:
    path = os.path.join(os.path.dirname(__file__), "kube_fields.json")
    with open(path, encoding="utf-8") as file:
        table: Mapping[str, Any] = json.load(file)
    return table


@cache
def _below(struct: str) -> Mapping[str, Sequence[str]]:
    """The fields of the structs below one, each with those nearest to it that have it."""
    structs = _table()["structs"]
    found: dict[str, list[str]] = {}
    near = [(struct, "")]
    for _ in range(_DEEPEST_HOME):
        near = [
            (target, f"{said}.{name}".lstrip(".") + ("[]" if leads_to[0] == "[" else ""))
            for parent, said in near
            for name, leads_to in structs[parent].items()
            if (target := leads_to.removeprefix("[]")) in structs and name not in _OTHER_CONTAINERS
        ]
        here: dict[str, list[str]] = {}
        for target, said in near:
            for key in structs[target]:
                here.setdefault(key, []).append(said)
        found = {**here, **found}
    return found


def _faults(facts: Facts, resource: Resource) -> list[MisplacedField | WrongString]:
    return list(_Walk(resource).all(facts))


class _Walk:
    """One pass over an object beside the structs it is read into."""

    def __init__(self, resource: Resource) -> None:
        self._resource = resource
        self._structs: Mapping[str, Mapping[str, str]] = _table()["structs"]
        self._workload = (resource.group, resource.kind) in TEMPLATES

    def all(self, facts: Facts) -> Iterator[MisplacedField | WrongString]:
        resource = self._resource
        if "apiVersion" not in resource.data:
            return
        root = _table()["kinds"].get(f"{resource.api_version} {resource.kind}")
        if root is not None:
            yield from self._struct(root, resource.data, (), (), self._workload)
            return
        yield from self._field(
            "ObjectMeta", resource.data.get("metadata"), ("metadata",), (), False
        )
        pod = facts.pod(resource)
        if pod is not None:
            template = pod.template
            # Knative writes fields of its own into the pod's spec.
            strict = resource.group != "serving.knative.dev"
            yield from self._struct("PodTemplateSpec", template.data, template.route, (), strict)
        elif (resource.group, resource.kind) in argo.KINDS:
            for template_pod in facts.argo_pods(resource):
                for container in template_pod.containers:
                    yield from self._struct("Container", container.data, container.route, (), False)

    def _struct(
        self,
        struct: str,
        data: Mapping[str, Any],
        route: Route,
        above: Sequence[_Level],
        strict: bool,
    ) -> Iterator[MisplacedField | WrongString]:
        fields = self._structs[struct]
        levels = (*above, _Level(struct, route))
        for key, value in data.items():
            leads_to = fields.get(key)
            if leads_to:
                yield from self._field(leads_to, value, (*route, key), levels, strict)
            elif leads_to is None and strict and value is not None and "{{" not in key:
                misplaced = self._misplaced(key, data, levels)
                if misplaced is not None:
                    yield misplaced

    def _field(
        self, leads_to: str, value: Any, route: Route, levels: Sequence[_Level], strict: bool
    ) -> Iterator[MisplacedField | WrongString]:
        if leads_to == "string":
            if isinstance(value, (bool, int, float)):
                yield WrongString(self._resource, (), self._resource.data, route, value)
            return
        steps: Iterator[tuple[Any, Any]]
        if leads_to[0] == "[":
            steps = enumerate(value) if isinstance(value, list) else iter(())
        elif leads_to[0] == "{":
            steps = iter(value.items()) if isinstance(value, Mapping) else iter(())
        else:
            if isinstance(value, Mapping):
                yield from self._struct(leads_to, value, route, levels, strict)
            return
        for step, item in steps:
            yield from self._field(leads_to[2:], item, (*route, step), levels, strict)

    def _misplaced(
        self, key: str, data: Mapping[str, Any], levels: Sequence[_Level]
    ) -> MisplacedField | None:
        here = levels[-1]
        scope = (self._resource, here.route, data, key)
        if renamed := _MEANT.get((here.struct, key)):
            return MisplacedField(*scope, renamed=renamed)
        if here.struct in _FREE_KEYS:
            keys = _FREE_KEYS[here.struct]
            return MisplacedField(*scope, homes=tuple(self._said((*here.route, k)) for k in keys))
        if key in _METADATA and here.struct.endswith(_HOLD_METADATA):
            homes = [self._said((*level.route, "metadata")) for level in self._described(levels)]
            return MisplacedField(*scope, homes=tuple(homes)) if homes else None
        for level in reversed(levels[:-1]):
            if key in self._structs[level.struct]:
                return MisplacedField(*scope, homes=(self._said(level.route),))
        # What one kind of volume lacks another may have, and that tells nothing.
        for level in () if here.struct.endswith("VolumeSource") else reversed(levels):
            below = _below(level.struct).get(key, ())
            if below:
                top = self._said(level.route)
                homes = [f"{top}.{home}".lstrip(".") for home in below]
                few = len(homes) <= _MOST_HOMES
                return MisplacedField(*scope, homes=tuple(homes)) if few else None
        owners = tuple(
            kind for kind in _SPECS if len(levels) == 2 and key in self._structs[f"{kind}Spec"]
        )
        return MisplacedField(*scope, owners=owners) if owners else None

    def _described(self, levels: Sequence[_Level]) -> list[_Level]:
        return [level for level in levels if "metadata" in self._structs[level.struct]]

    def _said(self, route: Route) -> str:
        return named_route(self._resource.data, route)
