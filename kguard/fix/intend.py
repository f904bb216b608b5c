"""What a document is to hold after a fix: edits applied to data, and data compared exactly."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from kguard.fix.refuse import RefusedError
from kguard.model import REMOVE, Edit, Route


def with_edits(data: Any, edits: Iterable[Edit], prefix: Route = ()) -> Any:
    """The data with edits made, their routes below `prefix`; the original is not changed.

    What no edit touches is shared with the original. Raises RefusedError where a route leads
    through something that is no mapping or list, or past the end of a list.
    """
    for edit in edits:
        data = _with(data, (*prefix, *edit.route), edit.value)
    return data


def _with(data: Any, route: Route, value: Any) -> Any:
    if not route:
        if value is REMOVE:
            raise RefusedError("a whole document cannot be removed")
        return value
    key = route[0]
    if isinstance(key, int):
        return _with_item([] if data is None else data, key, route[1:], value)
    if data is None:
        data = {}
    if not isinstance(data, Mapping):
        raise RefusedError(f"what `{key}` belongs into is no mapping")
    if value is REMOVE and key not in data:
        return data
    changed = dict(data)
    if value is REMOVE and len(route) == 1:
        del changed[key]
    else:
        changed[key] = _with(data.get(key), route[1:], value)
    return changed


def _with_item(data: Any, index: int, rest: Route, value: Any) -> Any:
    if not isinstance(data, list) or not 0 <= index <= len(data):
        raise RefusedError(f"there is no item {index}")
    if index == len(data):
        return data if value is REMOVE else [*data, _with(None, rest, value)]
    if value is REMOVE and not rest:
        return data[:index] + data[index + 1 :]
    return [*data[:index], _with(data[index], rest, value), *data[index + 1 :]]


def same(one: Any, other: Any) -> bool:
    """Whether two documents hold the same, where 1, 1.0 and true are three different values."""
    if one is other:
        return True
    if type(one) is not type(other):
        return False
    if isinstance(one, dict):
        return one.keys() == other.keys() and all(same(one[key], other[key]) for key in one)
    if isinstance(one, list):
        return len(one) == len(other) and all(map(same, one, other))
    return bool(one == other)
