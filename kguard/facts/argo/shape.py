"""What does not fit the structs into which Argo reads its objects.

Source: argo-workflows workflow/common/parse.go (ParseObjects, strict: what `argo lint` and `argo
submit` refuse); the controller decodes what the API server has accepted without being strict.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from kguard.facts.argo.controller import argo_version, version_text
from kguard.facts.quantities import is_placeholder
from kguard.facts.run import Facts
from kguard.facts.schema.values import why_quotes
from kguard.kube import schema
from kguard.kube.argo_schema import ArgoField, Version, is_argo, newest, oldest, struct
from kguard.model import Resource, Route, Scope, named_route
from kguard.record import record
from kguard.words import closest

Level = tuple[str, Route]
"""A struct on the way from the specification to a field, with its route."""

_TOP_KEYS = ("apiVersion", "kind", "metadata", "spec", "status")
_MOST_NODES = 200_000
_MOST_SUGGESTIONS = 50


@record(eq=False)
class ArgoUnknownField(Scope):
    """A field that no listed version of Argo has where it stands: `key` of this mapping.

    `meant` is the field of that place it was likely meant to be; `home` is where there is a field
    of this name: the route to what stands around, or the key of what stands within.
    """

    key: str
    meant: str = ""
    home: str = ""


@record(eq=False)
class ArgoDatedField(Scope):
    """A field that some versions of Argo have and others not: `key` of this mapping."""

    key: str
    struct: str
    field: ArgoField


@record(eq=False)
class ArgoWrongType(Scope):
    """A value at `keys` of the object that Argo cannot read: it is `found`, and not `wanted`.

    `quoted` says that quotes make it a text, and why it may be none, where a text is wanted.
    """

    keys: Route
    found: str
    wanted: str
    quoted: str = ""


def shape(facts: Facts, resource: Resource) -> list[Scope]:
    """Everything in an Argo object that does not fit, in its order."""
    return facts.remember(_shape, resource)


def _shape(facts: Facts, resource: Resource) -> list[Scope]:
    tell_of_unknown_version(facts, argo_version(facts, resource))
    spec = resource.data.get("spec")
    root = "CronWorkflowSpec" if resource.kind == "CronWorkflow" else "WorkflowSpec"
    walk, metadata = Walk(resource, resource.data), resource.data.get("metadata")
    found = list(walk.top())
    if isinstance(spec, dict):
        found += walk.struct(root, spec, ("spec",), ())
    if isinstance(metadata, dict):
        found += walk.struct("ObjectMeta", metadata, ("metadata",), ())
    return found


def tell_of_unknown_version(facts: Facts, version: Version | None) -> None:
    """Say that a version is none whose fields are listed: it may be a slip, or merely new."""
    if version is None or oldest() <= version <= newest():
        return
    text = f"Argo Workflows {version_text(version)} is"
    if version > newest():
        facts.notice(
            f"{text} newer than the newest version that is known, {version_text(newest())}: "
            "fields that are not known are not judged"
        )
    else:
        facts.notice(
            f"{text} older than the oldest version that is known, {version_text(oldest())}: "
            f"a field that {version_text(oldest())} has is taken for known"
        )


class Walk:
    """One pass over an object, or other `data` of it, beside its structs.

    `fields` says what a struct has; `any_case` says that names count in any case, as Go reads them.
    """

    def __init__(
        self,
        resource: Resource,
        data: Mapping[str, Any],
        fields: Callable[[str], Mapping[str, ArgoField]] = struct,
        *,
        any_case: bool = False,
    ) -> None:
        self._resource = resource
        self._data = data
        self._fields = fields
        self._any_case = any_case
        self._left = _MOST_NODES
        self._suggestions = _MOST_SUGGESTIONS

    def top(self) -> Iterator[Scope]:
        """What is likely meant for the specification of an object that has none."""
        data = self._data
        for key in data if data.get("spec") is None else ():
            if key not in _TOP_KEYS and closest(key, ["spec"]):
                yield ArgoUnknownField(self._resource, (), data, key, "spec", "")

    def struct(
        self, name: str, data: Mapping[str, Any], route: Route, above: tuple[Level, ...]
    ) -> Iterator[Scope]:
        """What does not fit in one mapping; `above` are the structs around, and their keys."""
        fields = self._fields(name)
        if not fields:
            return
        lowered = {each.lower(): each for each in fields} if self._any_case else {}
        for key, value in data.items():
            if not isinstance(key, str) or value is None:
                continue
            field = fields.get(key) or fields.get(lowered.get(key.lower(), ""))
            if field is None:
                if not is_placeholder(key):
                    yield self._unknown(name, key, data, route, above)
                continue
            if field.since or field.until:
                yield ArgoDatedField(self._resource, route, data, key, name, field)
            if type(value) is _TYPES.get(field.inner) and not field.around:
                continue  # Most are texts in place of texts.
            levels = (*above, (name, route))
            yield from self.value(name, field, field.around, value, (*route, key), levels)

    def _unknown(
        self,
        name: str,
        key: str,
        data: Mapping[str, Any],
        route: Route,
        above: tuple[Level, ...],
    ) -> ArgoUnknownField:
        self._suggestions -= 1
        own = self._fields(name)
        known = [each for each in own if each not in data]
        close = closest(key, known) if self._suggestions >= 0 else []
        homes = [level for level in reversed(above) if key in self._fields(level[0])]
        # `resource: {limits: …}` of a container is `resources`, no template of that type.
        if homes and close and self._holds(own[close[0]], data[key]):
            outer = self._fields(homes[0][0])[key]
            homes = homes if self._holds(outer, data[key]) else []
        home = named_route(self._data, homes[0][1]) if homes else ""
        if not home:
            inner = [k for k, f in own.items() if not f.around and key in self._fields(f.inner)]
            home = next((k for k in inner if k in data), inner[0] if len(inner) == 1 else "")
        return ArgoUnknownField(
            self._resource, route, data, key, close[0] if close and not home else "", home
        )

    def _holds(self, field: ArgoField, value: Any) -> bool:
        """Whether a mapping has a key that a field's struct has."""
        known = self._fields(field.inner)
        return isinstance(value, dict) and any(key in known for key in value)

    def value(
        self,
        name: str,
        field: ArgoField,
        around: str,
        value: Any,
        route: Route,
        levels: tuple[Level, ...],
    ) -> Iterator[Scope]:
        """What does not fit in the value of a field; `around` is what it still stands in."""
        self._left -= 1
        if self._left < 0 or value is None:
            return
        if around[:2] == "[]":
            if isinstance(value, dict) and isinstance(value.get("steps"), list):
                value, route = value["steps"], (*route, "steps")  # As the API server stores them.
            if isinstance(value, list):
                for number, item in enumerate(value):
                    deeper = (*route, number)
                    yield from self.value(name, field, around[2:], item, deeper, levels)
            elif not is_placeholder(value):
                yield self._wrong(route, value, "a list")
        elif around[:2] == "{}":
            if isinstance(value, dict):
                for key, item in value.items():
                    deeper = (*route, key)
                    yield from self.value(name, field, around[2:], item, deeper, levels)
            elif not is_placeholder(value):
                yield self._wrong(route, value, "a mapping")
        elif field.inner == schema.ANYTHING:
            return
        elif len(field.inner) > 1:
            if isinstance(value, dict):
                yield from self.struct(field.inner, value, route, levels)
            elif not is_placeholder(value):
                yield self._wrong(route, value, "a mapping")
        elif (wanted := _wanted(field.inner, value)) and not is_placeholder(value):
            # Numbers for texts in structs of Kubernetes are found where all of them are.
            elsewhere = field.inner == schema.STRING and _is_number(value)
            if not elsewhere or (is_argo(name) and name not in _LIKE_CONTAINERS):
                yield self._wrong(route, value, wanted)

    def _wrong(self, route: Route, value: Any, wanted: str) -> ArgoWrongType:
        scope, found = (self._resource, (), self._data), kind_of(value)
        if not _is_number(value):
            return ArgoWrongType(*scope, route, found, wanted)
        written = str(value).lower() if isinstance(value, bool) else str(value)
        found = f"the {found.removeprefix('a ')} `{written}`"
        quoted = f"quotes make it one{why_quotes(value, route)}" if wanted == "a text" else ""
        return ArgoWrongType(*scope, route, found, wanted, quoted)


_TYPES = {
    schema.STRING: str,
    schema.BOOLEAN: bool,
    schema.INT32: int,
    schema.INT64: int,
    schema.INT_OR_STRING: str,
}
"""The types that values usually have, by what a field holds."""

_LIKE_CONTAINERS = ("ContainerNode", "ScriptTemplate", "UserContainer")


def _is_number(value: Any) -> bool:
    return isinstance(value, bool | int | float)


def _wanted(letter: str, value: Any) -> str:
    """What a scalar has to be, empty where the value is that."""
    if letter == schema.STRING:
        return "" if isinstance(value, str) else "a text"
    if letter == schema.BOOLEAN:
        return "" if isinstance(value, bool) else "`true` or `false`"
    if letter in (schema.INT32, schema.INT64):
        whole = isinstance(value, int) or (isinstance(value, float) and value.is_integer())
        return "" if whole and not isinstance(value, bool) else "a whole number"
    if letter == schema.INT_OR_STRING:
        right = isinstance(value, int | str) and not isinstance(value, bool)
        return "" if right else "a whole number or a text"
    return ""


def kind_of(value: Any) -> str:
    """What a value is, as messages say it."""
    if isinstance(value, bool):
        return "a boolean"
    if isinstance(value, int | float):
        return "a number"
    if isinstance(value, str):
        return "a text"
    return "a list" if isinstance(value, list) else "a mapping"


def unknown_fields(facts: Facts, resource: Resource) -> list[ArgoUnknownField]:
    """The fields of an object that no listed version of Argo has where they stand."""
    return [each for each in shape(facts, resource) if isinstance(each, ArgoUnknownField)]


def dated_fields(facts: Facts, resource: Resource) -> list[ArgoDatedField]:
    """The fields of an object that not all listed versions of Argo have."""
    return [each for each in shape(facts, resource) if isinstance(each, ArgoDatedField)]


def wrong_types(facts: Facts, resource: Resource) -> list[ArgoWrongType]:
    """The values of an object that Argo cannot read."""
    return [each for each in shape(facts, resource) if isinstance(each, ArgoWrongType)]


def newest_listed() -> Version:
    """The newest version of Argo whose fields are listed."""
    return newest()
