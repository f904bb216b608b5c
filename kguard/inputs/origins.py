"""Where an object that was built from a file is in that file, and what of it is the same."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from kguard.inputs.sources import Document
from kguard.kube.recognise import resources
from kguard.model import Key, Place, Resource, Route, Span, dig
from kguard.record import record
from kguard.source import SourceFile

ABSENT: Any = object()
"""What is at a route where nothing is."""


@record(eq=False)
class FileObject:
    """An object of a file: the document, the route to it there, and what it is."""

    document: Document
    route: Route
    resource: Resource


def objects_of(source: SourceFile) -> list[FileObject]:
    """The objects of a file, without those that stand in others."""
    return [
        FileObject(document, resource.origin.prefix, resource)
        for document in source.documents
        for resource in resources(document.data, source.path, document.index)
        if not resource.embedded
    ]


def object_in(
    objects: Iterable[FileObject],
    built: Mapping[str, Any],
    leads: Callable[[Mapping[str, Any]], bool] = lambda data: False,
) -> FileObject | None:
    """That one of a file's objects that another one was built from.

    `leads` says of an object whether what is known of the kustomization gives it that name. Else
    it may have been changed by a prefix and a suffix; several that fit, or none, mean that there
    is no telling.
    """
    kind, name = built.get("kind"), dig(built, "metadata", "name")
    candidates = [each for each in objects if each.resource.kind == kind]
    names = ((each, each.resource.name) for each in candidates)
    inside = [each for each, own in names if own and isinstance(name, str) and own in name]
    led = [each for each in inside if leads(each.resource.data)]
    same = [each for each in inside if each.resource.name == name]
    if len(same) > 1:
        namespace = dig(built, "metadata", "namespace")
        same = [e for e in same if dig(e.resource.data, "metadata", "namespace") == namespace]
    for fitting in (led, same, inside, candidates):
        if len(fitting) == 1:
            return fitting[0]
        if fitting:
            return None
    return None


class FileOrigin:
    """The way back to an object of a file: certain where both hold the same."""

    def __init__(self, document: Document, prefix: Route) -> None:
        self._document, self._prefix = document, prefix
        self.data: Any = value_at(document.data, prefix)
        """The object as the file has it."""

    def find(
        self, document: Document, route: Route, place: Place, *, at_key: bool = False
    ) -> Place | None:
        """Where a route of the built object stands in the file.

        A value has to be the same there, of one that is missing the parent has to be there and to
        lack it as well. For the key alone, whatever its value, it is enough that the file has it.
        """
        there = same_route(document.data, self.data, route)
        if there is None:
            return None
        found = self._document.locate((*self._prefix, *there), at_key=at_key)
        if found.missing != place.missing:
            return None
        same = value_at(document.data, route) == value_at(self.data, there)
        if not (place.missing or at_key or same):
            return None
        return Place(found.span)

    def near(self, document: Document, route: Route, place: Place) -> Span | None:
        """Where the file has something at a route of the built object, whatever it is."""
        there = same_route(document.data, self.data, route)
        if there is None:
            return None
        found = self._document.locate((*self._prefix, *there))
        return None if found.missing else found.span

    def extent(self, document: Document, route: Route) -> tuple[int, int] | None:
        """The lines of what the file has at a route of the built object, the same or not."""
        there = same_route(document.data, self.data, route)
        return None if there is None else self._document.extent((*self._prefix, *there))

    def lines(self) -> tuple[int, int]:
        """The lines of the object in the file."""
        return self._document.extent(self._prefix)

    def elsewhere(self, document: Document, route: Route) -> Iterable[tuple[str, int, int]]:
        """Nothing: it is all in the file."""
        return ()


class NoOrigin:
    """The way back to nothing: the object was generated, or is in the file more than once."""

    def find(
        self, document: Document, route: Route, place: Place, *, at_key: bool = False
    ) -> Place | None:
        """Never certain."""
        return None

    def near(self, document: Document, route: Route, place: Place) -> Span | None:
        """Nothing."""
        return None

    def extent(self, document: Document, route: Route) -> tuple[int, int] | None:
        """Nothing."""
        return None

    def elsewhere(self, document: Document, route: Route) -> Iterable[tuple[str, int, int]]:
        """Nothing that is known."""
        return ()

    def lines(self) -> tuple[int, int]:
        """The first line, for want of a better one."""
        return 1, 1


def same_route(built: Any, here: Any, route: Route) -> Route | None:
    """The route to the same part in what an object is built from; list items may stand elsewhere.

    None where an item is not there, or is not told from others.
    """
    found: list[Key] = []
    for key in route:
        inner = value_at(built, (key,))
        if isinstance(key, int) and isinstance(here, list) and inner is not ABSENT:
            number = _same_item(built, here, key)
            if number is None:
                return None
            key = number
        found.append(key)
        built, here = inner, value_at(here, (key,))
    return tuple(found)


def _same_item(built: Any, here: list[Any], number: int) -> int | None:
    """The number of the item in a list that is the same as one of the built list: the one with its
    name, else the one with its content.
    """
    if built == here:
        return number
    item = built[number]
    name = dig(item, "name")
    if isinstance(name, str):
        if sum(dig(each, "name") == name for each in built) > 1:
            return None
        fitting = [n for n, each in enumerate(here) if dig(each, "name") == name]
    else:
        fitting = [n for n, each in enumerate(here) if each == item]
    return fitting[0] if len(fitting) == 1 else None


def value_at(data: Any, route: Route) -> Any:
    """The value at a route, else ABSENT; unlike for `dig`, a null is one."""
    for key in route:
        try:
            data = data[key]
        except (KeyError, IndexError, TypeError):
            return ABSENT
    return data
