"""What a document is to hold after a fix: edits applied to data, and data compared exactly."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from kguard.fix.refuse import RefusedError
from kguard.model import REMOVE, Edit, Route
from kguard.record import field, record


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


@record(frozen=False)
class Taken:
    """The routes that edits of one document have changed, to see which edits contradict them."""

    values: dict[Route, Any] = field(default_factory=dict)
    above: set[Route] = field(default_factory=set)
    """Every route that leads to one of them."""
    moved: set[Route] = field(default_factory=set)
    """Lists that have lost an item, which moves those behind it."""

    def add(self, route: Route, value: Any) -> None:
        """Note that an edit has changed what is at a route."""
        self.values[route] = value
        self.above.update(route[:depth] for depth in range(len(route)))
        if value is REMOVE and isinstance(route[-1], int):
            self.moved.add(route[:-1])

    def conflicts(self, route: Route, value: Any) -> bool:
        """Whether another edit would undo one that is noted, or would mean another place by now."""
        if route in self.values:
            return not same(self.values[route], value)
        if route in self.above:
            return True
        if value is REMOVE and isinstance(route[-1], int) and route[:-1] in self.above:
            return True
        return any(
            route[:depth] in self.values
            or (route[:depth] in self.moved and isinstance(route[depth], int))
            for depth in range(len(route))
        )
