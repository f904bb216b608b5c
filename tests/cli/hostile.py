"""Manifests with one value of another type than their authors ever wrote."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from kguard.model import Route

MANIFESTS = Path(__file__).parent / "manifests"
"""Objects of every kind kguard knows, with as many different fields as fit."""


def variants(data: Any, strangers: Iterable[Any]) -> Iterator[tuple[Route, Any, Any]]:
    """Every way to replace one value inside `data` by a stranger: route, stranger, the result.

    The result shares all that is off the route with `data`.
    """
    for route in routes(data):
        for stranger in strangers:
            yield route, stranger, replaced(data, route, stranger)


def routes(data: Any, route: Route = ()) -> Iterator[Route]:
    """The routes to every value inside a document, outer ones first."""
    items = data.items() if isinstance(data, dict) else enumerate(data)
    for key, value in items:
        yield (*route, key)
        if isinstance(value, dict | list):
            yield from routes(value, (*route, key))


def replaced(data: Any, route: Route, value: Any) -> Any:
    """A copy of `data` with another value at a route."""
    if not route:
        return value
    key, rest = route[0], route[1:]
    copy: Any = dict(data) if isinstance(data, dict) else list(data)
    copy[key] = replaced(data[key], rest, value)
    return copy
