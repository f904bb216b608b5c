"""What is wrong with the shape of an object: one pass over it beside the structs it is read into.

Kubernetes decodes an object into these structs and refuses what does not fit (apiserver
pkg/endpoints/handlers/create.go, apimachinery pkg/runtime/serializer/json/json.go, strict).
Custom resources are left alone but for their metadata, for pod templates and for KEDA's triggers.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from kguard.facts.quantities import is_placeholder
from kguard.facts.schema import constraints, names, podspecs, values
from kguard.facts.schema.fields import Level, UnknownField, unknown_field
from kguard.kube import argo, schema
from kguard.kube.schema import Field
from kguard.model import Resource, Route, Scope, dig
from kguard.record import record
from kguard.words import closest

if TYPE_CHECKING:
    from kguard.facts.run import Facts

_MOST_NODES = 200_000
"""Aliases can make an object larger than what reads it has time for."""

# Strategic merge directives (apimachinery pkg/util/strategicpatch/patch.go): the text is a patch.
_DIRECTIVES = ("$patch", "$retainKeys", "$setElementOrder", "$deleteFromPrimitiveList")


# Custom resources whose definitions have every field of a pod, so that the API server knows a slip:
# argo-rollouts manifests/crds/rollout-crd.yaml, keda config/crd/bases/keda.sh_scaledjobs.yaml,
# openshift/api apps/v1 types.go.
_WITH_PODS = frozenset(
    {
        ("apps.openshift.io", "DeploymentConfig"),
        ("argoproj.io", "Rollout"),
        ("keda.sh", "ScaledJob"),
    }
)

# What has triggers: their metadata are texts, and people write numbers, which the server refuses
# (keda apis/keda/v1alpha1/scaletriggers_types.go).
_WITH_TRIGGERS = frozenset({("keda.sh", "ScaledJob"), ("keda.sh", "ScaledObject")})


@record(eq=False)
class WrongString(Scope):
    """A boolean or number where Kubernetes wants a string: at `keys` of the object."""

    keys: Route
    value: bool | int | float


@record(eq=False)
class WrongValue(Scope):
    """A value that Kubernetes refuses where it stands, at `keys` of the object.

    `wrong` goes behind its name (`is a list, and ...`), `help` says what to do. `at_key` says that
    the key is what is wrong; `of` leads to the mapping that has it where `wrong` speaks of that.
    """

    keys: Route
    wrong: str
    help: str = ""
    at_key: bool = False
    of: Route | None = None


@record(eq=False)
class MissingField(Scope):
    """A field that has to stand in this mapping and does not: `key`."""

    key: str


@record(eq=False)
class RepeatedItem(Scope):
    """An item of a list that repeats what may stand there once: at `keys` of the object.

    `what` is the key or keys in words, `first` the route of the item it repeats.
    """

    keys: Route
    what: str
    first: Route


def faults(facts: Facts, resource: Resource) -> list[Scope]:
    """Everything that is wrong with the shape of an object, in its order."""
    if "apiVersion" not in resource.data:
        return []
    return list(_Walk(facts, resource).all())


def tell_of_unknown_release(facts: Facts) -> None:
    """Say that the release given is none that is listed: it may be a slip, or merely new."""
    minor, (oldest, newest) = facts.assume.kube[1], schema.releases()
    if minor > newest:
        facts.notice(
            f"Kubernetes 1.{minor} is newer than the newest release that is known, 1.{newest}: "
            "fields and API versions that are not known are not judged"
        )
    elif minor < oldest:
        facts.notice(
            f"Kubernetes 1.{minor} is older than the oldest release that is known, 1.{oldest}: "
            f"a field or API version that 1.{oldest} has is taken for known"
        )


def wrong_strings(facts: Facts, resource: Resource) -> list[WrongString]:
    """The fields of any object that hold a boolean or a number where a string belongs."""
    return [each for each in facts.remember(faults, resource) if isinstance(each, WrongString)]


def wrong_values(facts: Facts, resource: Resource) -> list[WrongValue]:
    """The other values that do not fit their fields."""
    return [each for each in facts.remember(faults, resource) if isinstance(each, WrongValue)]


def missing_fields(facts: Facts, resource: Resource) -> list[MissingField]:
    """The fields without which Kubernetes refuses the object."""
    return [each for each in facts.remember(faults, resource) if isinstance(each, MissingField)]


def repeated_items(facts: Facts, resource: Resource) -> list[RepeatedItem]:
    """The items of lists that repeat another's name."""
    return [each for each in facts.remember(faults, resource) if isinstance(each, RepeatedItem)]


def _is_patch(data: Mapping[str, Any]) -> bool:
    """Whether keys of a mapping say that more comes to it."""
    return any(key.startswith(_DIRECTIVES) or is_placeholder(key) for key in data)


class _Walk:
    """One pass over an object.

    `_full` says whether everything in it is judged: not in what only holds structs of Kubernetes.
    `_fields` whether misplaced fields are, `_pods` whether those are that no pod has.
    """

    def __init__(self, facts: Facts, resource: Resource) -> None:
        self._facts = facts
        self._resource = resource
        self._minor = facts.assume.kube[1]
        self._newer = self._minor > schema.releases()[1]
        self._full = False
        self._fields = False
        self._pods = (resource.group, resource.kind) in _WITH_PODS
        self._whole = True
        self._left = _MOST_NODES
        self._claims = podspecs.claims_of(resource.data)

    def all(self) -> Iterator[Scope]:
        resource = self._resource
        kind = schema.kind_of(resource)
        pod = self._facts.pod(resource)
        if kind is not None:
            self._full = self._fields = True
            # Containers that are written and empty were not left to others.
            empty = pod is not None and pod.data.get("containers", ()) in (None, [])
            self._whole = pod is None or empty or not pod.fragment
            yield from self._struct(kind.struct, resource.data, (), ())
            if names.is_named(resource):
                yield from self._name()
            return
        if isinstance(resource.data.get("metadata"), Mapping):
            yield from self._struct("ObjectMeta", resource.data["metadata"], ("metadata",), ())
        if (resource.group, resource.kind) in _WITH_TRIGGERS:
            yield from self._triggers()
        if pod is not None:
            # Knative writes fields of its own into the pod's spec.
            self._fields = resource.group != "serving.knative.dev"
            if pod.template.route:
                yield from self._struct(
                    "PodTemplateSpec", pod.template.data, pod.template.route, ()
                )
            else:  # A Pod of a version that does not exist.
                yield from self._struct("PodSpec", pod.data, pod.route, ())
        elif (resource.group, resource.kind) in argo.KINDS:
            for template_pod in self._facts.argo_pods(resource):
                for container in template_pod.containers:
                    yield from self._struct("Container", container.data, container.route, ())

    def _triggers(self) -> Iterator[Scope]:
        """What is no text in the metadata of KEDA's triggers, as thresholds have to be there."""
        triggers = dig(self._resource.data, "spec", "triggers")
        for number, trigger in enumerate(podspecs.items_of(triggers)):
            said = dig(trigger, "metadata")
            for key, value in said.items() if isinstance(said, Mapping) else ():
                if isinstance(value, (bool, int, float)):
                    keys = ("spec", "triggers", number, "metadata", key)
                    yield WrongString(self._resource, (), self._resource.data, keys, value)

    def _name(self) -> Iterator[Scope]:
        """What is wrong with the name of an object of Kubernetes itself."""
        resource = self._resource
        metadata = resource.data.get("metadata")
        if isinstance(metadata, Mapping) or metadata is None:
            # A name such as `n` is a boolean, and there all the same: that is told of it.
            names_in = [(metadata or {}).get(key) for key in ("name", "generateName")]
            named = any(name not in (None, "") for name in names_in)
            if not named and self._whole and not _is_patch(metadata or {}):
                yield MissingField(resource, ("metadata",), metadata or {}, "name")
        if not values.is_filled_in(resource.name):
            fault = names.object_name(resource, self._minor)
            if fault is not None:
                yield from self._wrong((fault, values.REFUSED), ("metadata", "name"))
        start = metadata.get("generateName") if isinstance(metadata, Mapping) else None
        if isinstance(start, str) and not values.is_filled_in(start):
            fault = names.generated_name(resource, start, self._minor)
            if fault is not None:
                yield from self._wrong((fault, values.REFUSED), ("metadata", "generateName"))

    def _struct(
        self, struct: str, data: Mapping[str, Any], route: Route, above: Sequence[Level]
    ) -> Iterator[Scope]:
        # A claim of a StatefulSet takes the place of the volume of its name.
        if struct == "Volume" and self._claims and data.get("name") in self._claims:
            return
        fields = schema.struct(struct)
        levels = (*above, Level(struct, route))
        for key, value in data.items():
            field = fields.get(key)
            if field is None:
                if self._fields and value is not None:
                    yield from self._unknown(key, data, levels)
            elif value is not None:
                if self._full and not field.span.holds(self._minor):
                    yield UnknownField(self._resource, route, data, key, struct, span=field.span)
                if not values.fits(field, value, self._minor):
                    yield from self._value(field, field.around, value, (*route, key), levels)
                if self._full and values.has_form(struct, key):
                    yield from self._beyond_type(struct, key, value, (*route, key))
        # The owner of what a workflow makes is filled in by Argo (setOwnerReference).
        filled = struct == "OwnerReference" and self._resource.embedded
        if self._full and self._whole and not filled:
            together = list(self._together(struct, data, fields, route))
            if together and not _is_patch(data):
                yield from together

    def _together(
        self, struct: str, data: Mapping[str, Any], fields: Mapping[str, Field], route: Route
    ) -> Iterator[Scope]:
        """What is missing, and what does not go with what stands beside it."""
        lacking = list(constraints.missing(struct, data))
        if struct == "PersistentVolumeClaimSpec" and route == ("spec",):
            lacking += constraints.OF_CLAIMS(data)
        misspelt = [key for key in data if key not in fields] if lacking else []
        for keys, key in lacking:
            # What is there under a misspelt name is reported under that.
            if not keys and any(closest(each, [key]) for each in misspelt):
                continue
            here = dig(data, *keys, default=data)
            yield MissingField(self._resource, (*route, *keys), here, key)
        if struct == "PodSpec":
            for keys, name in podspecs.mounts_without_volume(data, self._claims):
                said = f"is `{name}`, and the pod has no such volume"
                yield from self._wrong((said, values.REFUSED), (*route, *keys))
        for each in constraints.wrong(struct, data, fields):
            if not values.is_filled_in(dig(data, *each.keys)):
                fault = (each.said, each.help or values.REFUSED)
                yield from self._wrong(fault, (*route, *each.keys), at_key=each.at_key)

    def _unknown(
        self, key: str, data: Mapping[str, Any], levels: Sequence[Level]
    ) -> Iterator[Scope]:
        if is_placeholder(key) or key.startswith(_DIRECTIVES):
            return
        # At the root such keys hold anchors for the rest, as in compose files.
        if key.startswith("x-") and len(levels) == 1:
            return
        found = unknown_field(self._resource, key, data, levels)
        if found.misplaced or ((self._full or self._pods) and not self._newer):
            yield found

    def _value(
        self, field: Field, around: str, value: Any, route: Route, levels: Sequence[Level]
    ) -> Iterator[Scope]:
        self._left -= 1
        if self._left < 0:
            return
        if around[:2] == "[]":
            if isinstance(value, list):
                for number, item in enumerate(value):
                    if item is not None:
                        yield from self._value(field, around[2:], item, (*route, number), levels)
                    elif around == "[]" and schema.required(field.inner):
                        said = "is empty, and a mapping belongs there", values.REFUSED
                        yield from self._wrong(said, (*route, number))
            else:
                yield from self._wrong(values.no_list(value), route)
        elif around[:2] == "{}":
            if isinstance(value, Mapping):
                for key, item in value.items():
                    if item is not None:
                        yield from self._value(field, around[2:], item, (*route, key), levels)
            else:
                yield from self._wrong(values.no_mapping(value), route)
        elif field.inner == schema.STRING and isinstance(value, (bool, int, float)):
            yield WrongString(self._resource, (), self._resource.data, route, value)
        elif field.inner in schema.SCALARS or field.inner == schema.INT_OR_STRING:
            yield from self._wrong(values.scalar_fault(field, value, self._minor), route)
        elif field.inner != schema.ANYTHING:
            if isinstance(value, Mapping):
                yield from self._struct(field.inner, value, route, levels)
            else:
                yield from self._wrong(values.no_mapping(value), route)

    def _beyond_type(self, struct: str, key: str, value: Any, route: Route) -> Iterator[Scope]:
        """What no type tells: names that are none, numbers out of range, items that repeat."""
        for keys, fault in values.key_faults(struct, key, value):
            yield from self._wrong(fault, (*route, *keys), at_key=True, of=route)
        for keys, fault in values.format_faults(struct, key, value):
            yield from self._wrong(fault, (*route, *keys))
        if isinstance(value, list):
            for number, first, what in values.repeated(struct, key, value):
                scope = (self._resource, (), self._resource.data)
                yield RepeatedItem(*scope, (*route, number), what, (*route, first))

    def _wrong(
        self,
        fault: tuple[str, str] | None,
        route: Route,
        *,
        at_key: bool = False,
        of: Route | None = None,
    ) -> Iterator[Scope]:
        if fault is not None and self._full:
            scope = (self._resource, (), self._resource.data)
            yield WrongValue(*scope, route, *fault, at_key=at_key, of=of)
