"""Every field of valid objects, misspelt or of another type, is found where it stands."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from schema_world import found, place, sort, valid

from kguard.kube import schema
from kguard.kube.schema import Field
from kguard.model import Route

At = tuple[str, Field, str, Any, Route]
"""A struct, one of its fields, what is still around the value, the value and where it is."""


def _walk(struct: str, data: Any, route: Route = ()) -> Iterator[At]:
    for key, field in schema.struct(struct).items():
        if key in data and (*route, key) not in {("apiVersion",), ("kind",)}:
            yield from _values(struct, field, field.around, data[key], (*route, key))


def _values(struct: str, field: Field, around: str, value: Any, route: Route) -> Iterator[At]:
    yield struct, field, around, value, route
    if around:
        inner = enumerate(value) if around[:2] == "[]" else value.items()
        for key, item in inner:
            yield from _values(struct, field, around[2:], item, (*route, key))
    elif schema.is_struct(field.inner):
        yield from _walk(field.inner, value, route)


def _with(data: Any, route: Route, change: Callable[[Any, Any], None]) -> Any:
    changed = copy.deepcopy(data)
    parent = changed
    for key in route[:-1]:
        parent = parent[key]
    change(parent, route[-1])
    return changed


def _put(value: Any) -> Callable[[Any, Any], None]:
    return lambda parent, key: parent.__setitem__(key, value)


def _fields(data: Any) -> list[At]:
    kind = schema.kind(f"{data['apiVersion']} {data['kind']}")
    assert kind is not None
    return list(_walk(kind.struct, data))


OBJECTS = {f"{data['kind']}": data for data in valid()}
each_object = pytest.mark.parametrize("data", OBJECTS.values(), ids=OBJECTS)


@each_object
def test_nothing_is_wrong_as_it_stands(data: Any) -> None:
    assert found(data) == []


@each_object
def test_a_misspelt_field_is_unknown(data: Any) -> None:
    for _, _, _, _, route in _fields(data):
        if isinstance(route[-1], int) or _is_free(data, route):
            continue
        name = f"{route[-1]}Xx"
        changed = _with(data, route, _rename(name))
        unknown = [place(each) for each in found(changed) if sort(each) == "UnknownField"]
        assert unknown == [(*route[:-1], name)]


def _rename(name: str) -> Callable[[Any, Any], None]:
    return lambda parent, key: parent.__setitem__(name, parent.pop(key))


def _is_free(data: Any, route: Route) -> bool:
    """Whether a key is one of a map that takes any."""
    return any(r == route and f.around != around for _, f, around, _, r in _fields(data))


# What is written instead of a value, by what belongs there.
INSTEAD: dict[str, tuple[Any, ...]] = {
    "[]": ("text", 7, True, {"a": "b"}),
    "{}": ("text", 7, True, ["a"]),
    schema.STRING: (7, 1.5, True, ["a"], {"a": "b"}),
    schema.INT32: ("text", "7", 1.5, True, ["a"], {"a": "b"}, 1 << 31),
    schema.INT64: ("text", "7", 1.5, True, ["a"], {"a": "b"}, 1 << 63),
    schema.BOOLEAN: ("true", "text", 7, 1.5, ["a"], {"a": "b"}),
    schema.QUANTITY: ("text", True, ["a"], {"a": "b"}),
    schema.INT_OR_STRING: (1.5, True, ["a"], {"a": "b"}),
    schema.BYTES: ("text!", 7, True, ["a"], {"a": "b"}),
    "struct": ("text", 7, True, ["a"]),
}


@each_object
def test_a_value_of_another_type_is_found_where_it_stands(data: Any) -> None:
    for _, field, around, _, route in _fields(data):
        wanted = around[:2] or ("struct" if schema.is_struct(field.inner) else field.inner)
        for value in INSTEAD[wanted]:
            places = [
                place(each)
                for each in found(_with(data, route, _put(value)))
                if sort(each) in ("WrongValue", "WrongString")
            ]
            assert route in places, (route, value)


@each_object
def test_a_value_that_is_no_choice_is_found_where_it_stands(data: Any) -> None:
    for _, field, around, _, route in _fields(data):
        if field.choices and not around:
            wrong = found(_with(data, route, _put("Nonsense")))
            assert route in [place(each) for each in wrong], route


@each_object
def test_a_required_field_is_missed_where_it_belongs(data: Any) -> None:
    for _, field, around, _, route in _fields(data):
        if field.required and around == field.around:
            removed = found(_with(data, route, lambda parent, key: parent.__delitem__(key)))
            places = [place(each) for each in removed if sort(each) == "MissingField"]
            # Without containers it is part of an object.
            part = route[-1] == "containers"
            assert places == ([] if part else [route]), route


@each_object
def test_a_placeholder_is_nothing_that_is_known(data: Any) -> None:
    for _, _, _, _, route in _fields(data):
        for text in ("{{ value }}", "${VALUE}", "<value>", "__VALUE__"):
            faults = found(_with(data, route, _put(text)))
            assert [place(each) for each in faults if place(each) == route] == [], (route, text)
