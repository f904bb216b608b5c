"""Fields that stand where Kubernetes has none of that name, and where they were meant to be."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from typing import TYPE_CHECKING, Any

from kguard.kube import schema
from kguard.kube.schema import Span
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
class UnknownField(Scope):
    """A field that Kubernetes does not know where it stands: at `key` of this mapping.

    `homes` are the places it may have been meant for, as people write routes; empty where only
    `owners`, other kinds than the object's, have such a field. `renamed` is what it is called here.
    `span` are the releases that have it, None where no listed one does; `struct` stands here.
    """

    key: str
    struct: str
    homes: tuple[str, ...] = ()
    owners: tuple[str, ...] = ()
    renamed: str = ""
    span: Span | None = None

    @property
    def misplaced(self) -> bool:
        """Whether it is a field of a workload that exists elsewhere or has another name here."""
        if self.span is not None or (self.resource.group, self.resource.kind) not in TEMPLATES:
            return False
        return bool(self.homes or self.owners or self.renamed)


@record
class Level:
    """A struct on the way from the root of an object to a field, with its route."""

    struct: str
    route: Route


def misplaced_fields(facts: Facts, resource: Resource) -> list[UnknownField]:
    """The fields of a workload that Kubernetes knows, though not where they stand."""
    from kguard.facts.schema.structure import faults

    found = facts.remember(faults, resource)
    return [each for each in found if isinstance(each, UnknownField) and each.misplaced]


def unknown_fields(facts: Facts, resource: Resource) -> list[UnknownField]:
    """The fields of an object that no place, or no place in this release, has."""
    from kguard.facts.schema.structure import faults

    found = facts.remember(faults, resource)
    return [each for each in found if isinstance(each, UnknownField) and not each.misplaced]


def unknown_field(
    resource: Resource, key: str, data: Mapping[str, Any], levels: Sequence[Level]
) -> UnknownField:
    """The fault of a key that the last of the levels does not have."""
    here = levels[-1]
    scope = (resource, here.route, data, key, here.struct)
    if renamed := _MEANT.get((here.struct, key)):
        return UnknownField(*scope, renamed=renamed)
    homes = _homes(resource, key, levels)
    if homes is not None:
        return UnknownField(*scope, homes=tuple(homes))
    specs = (kind for kind in _SPECS if len(levels) == 2 and key in schema.struct(f"{kind}Spec"))
    return UnknownField(*scope, owners=tuple(specs))


def _homes(resource: Resource, key: str, levels: Sequence[Level]) -> list[str] | None:
    """Where a key belongs; empty where that may be too much to say, None where nothing has it."""
    here = levels[-1]
    if here.struct in _FREE_KEYS:
        keys = _FREE_KEYS[here.struct]
        return [named_route(resource.data, (*here.route, each)) for each in keys]
    if key in _METADATA and here.struct.endswith(_HOLD_METADATA):
        described = (level for level in levels if "metadata" in schema.struct(level.struct))
        return [named_route(resource.data, (*level.route, "metadata")) for level in described]
    for level in reversed(levels[:-1]):
        if key in schema.struct(level.struct):
            return [named_route(resource.data, level.route)]
    # What one kind of volume lacks another may have, and that tells nothing.
    for level in () if here.struct.endswith("VolumeSource") else reversed(levels):
        below = _below(level.struct).get(key, ())
        if below:
            top = named_route(resource.data, level.route)
            homes = [f"{top}.{home}".lstrip(".") for home in below]
            return homes if len(homes) <= _MOST_HOMES else []
    return None


@cache
def _below(struct: str) -> Mapping[str, Sequence[str]]:
    """The fields of the structs below one, each with those nearest to it that have it."""
    found: dict[str, list[str]] = {}
    near = [(struct, "")]
    for _ in range(_DEEPEST_HOME):
        near = [
            (target, f"{above}.{name}".lstrip("."))
            for parent, above in near
            for target, name in _structs_in(parent)
        ]
        here: dict[str, list[str]] = {}
        for target, above in near:
            for key in schema.struct(target):
                here.setdefault(key, []).append(above)
        found = {**here, **found}
    return found


def _structs_in(struct: str) -> Iterator[tuple[str, str]]:
    """The structs that fields of one lead to, with the names of the fields."""
    for name, field in schema.struct(struct).items():
        leads = field.around in ("", "[]") and schema.is_struct(field.inner)
        if leads and name not in _OTHER_CONTAINERS:
            yield field.inner, name + field.around


def fields_of(struct: str, minor: int) -> list[str]:
    """The fields that a struct has in a minor release."""
    return [key for key, field in schema.struct(struct).items() if field.span.holds(minor)]


def versions_with(field: UnknownField, minor: int) -> list[str]:
    """The versions of the object's kind in a minor release that have such a field there."""
    kind, keys = field.resource.kind, (*field.route, field.key)
    return [
        version
        for version in schema.versions_of(field.resource.group, kind)
        if _has(schema.kind(schema.said(version, kind)), keys, minor)
    ]


def _has(kind: schema.Kind | None, keys: Route, minor: int) -> bool:
    if kind is None or not kind.span.holds(minor):
        return False
    struct = kind.struct
    for key in keys:
        if isinstance(key, str):  # Numbers are of items, which are of the struct of their list.
            found = schema.struct(struct).get(key)
            if found is None or not found.span.holds(minor):
                return False
            struct = found.inner
    return True
