"""Where an object that was built from a file is in that file, and what of it is the same."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from kguard.inputs.sources import Document
from kguard.kube.recognise import resources
from kguard.model import Key, Place, Route, Span, dig
from kguard.source import SourceFile

_ABSENT = object()


def object_in(source: SourceFile, built: Mapping[str, Any]) -> tuple[Document, Route] | None:
    """The document and the route of the object that another one was built from.

    A kustomization may change its name by a prefix and a suffix; several that fit, or none, mean
    that there is no telling.
    """
    kind, name = built.get("kind"), dig(built, "metadata", "name")
    candidates = [
        (document, resource.origin.prefix, resource.name)
        for document in source.documents
        for resource in resources(document.data, source.path, document.index)
        if resource.kind == kind and not resource.embedded
    ]
    same = [each for each in candidates if each[2] == name]
    inside = [each for each in candidates if each[2] and isinstance(name, str) and each[2] in name]
    for fitting in (same, inside, candidates):
        if len(fitting) == 1:
            return fitting[0][0], fitting[0][1]
        if fitting:
            return None
    return None


class FileOrigin:
    """The way back to an object of a file: certain where both hold the same."""

    def __init__(self, document: Document, prefix: Route) -> None:
        self._document, self._prefix = document, prefix

    def find(self, document: Document, route: Route, place: Place) -> Span | None:
        """Where a route of the built object stands in the file.

        A value has to be the same there, of one that is missing the parent has to be there and to
        lack it as well.
        """
        there = self._there(document.data, route)
        if there is None:
            return None
        found = self._document.locate((*self._prefix, *there))
        if found.missing != place.missing:
            return None
        if not place.missing:
            built = _value(document.data, route)
            if built != _value(self._document.data, (*self._prefix, *there)):
                return None
        return found.span

    def near(self, document: Document, route: Route, place: Place) -> Span | None:
        """Where the file has something at a route of the built object, whatever it is."""
        there = self._there(document.data, route)
        if there is None:
            return None
        found = self._document.locate((*self._prefix, *there))
        return None if found.missing else found.span

    def extent(self, document: Document, route: Route) -> tuple[int, int] | None:
        """The lines of what the file has at a route of the built object, the same or not."""
        there = self._there(document.data, route)
        return None if there is None else self._document.extent((*self._prefix, *there))

    def lines(self) -> tuple[int, int]:
        """The lines of the object in the file."""
        return self._document.extent(self._prefix)

    def _there(self, built: Any, route: Route) -> Route | None:
        """The route to the same part of the object in the file; list items may stand elsewhere."""
        here = _value(self._document.data, self._prefix)
        found: list[Key] = []
        for key in route:
            inner = _value(built, (key,))
            if isinstance(key, int) and isinstance(here, list) and inner is not _ABSENT:
                number = _same_item(built, here, key)
                if number is None:
                    return None
                key = number
            found.append(key)
            built, here = inner, _value(here, (key,))
        return tuple(found)


class NoOrigin:
    """The way back to nothing: the object was generated, or is in the file more than once."""

    def find(self, document: Document, route: Route, place: Place) -> Span | None:
        """Never certain."""
        return None

    near = find

    def extent(self, document: Document, route: Route) -> tuple[int, int] | None:
        """Nothing."""
        return None

    def lines(self) -> tuple[int, int]:
        """The first line, for want of a better one."""
        return 1, 1


def _same_item(built: Any, here: list[Any], number: int) -> int | None:
    """The number of the item in a list that is the same as one of the built list: the one with its
    name, else the one with its content.
    """
    item = built[number]
    name = dig(item, "name")
    if isinstance(name, str):
        fitting = [n for n, each in enumerate(here) if dig(each, "name") == name]
    else:
        fitting = [n for n, each in enumerate(here) if each == item]
    return fitting[0] if len(fitting) == 1 else None


def _value(data: Any, route: Route) -> Any:
    """The value at a route; unlike `dig`, a null is one."""
    for key in route:
        try:
            data = data[key]
        except (KeyError, IndexError, TypeError):
            return _ABSENT
    return data
