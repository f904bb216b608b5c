"""Objects that patches have changed: which line of which patch a value of theirs comes from."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from kguard.inputs.origins import ABSENT, FileOrigin, same_route, value_at
from kguard.inputs.sources import Document
from kguard.model import Key, Place, Route, Span, dig
from kguard.record import record
from kguard.source import Document as YamlDocument
from kguard.source.embedded import locate_inside

# What a strategic merge patch names an object and the items of lists by, and so does not set.
# Source: `patchMergeKey` in k8s.io/api.
_OBJECT = (("apiVersion",), ("kind",), ("metadata", "name"), ("metadata", "namespace"))
_ITEM = ("name", "containerPort", "devicePath", "ip", "mountPath", "port", "topologyKey", "uid")


@record(eq=False)
class Patch:
    """One document of a patch: an object in part, or a list of operations (RFC 6902).

    It is `document` of the file at `path`, or stands as a text in it: then `text` is the route to
    that, with the number of the document in it.
    """

    path: str
    document: YamlDocument
    data: Any
    text: Route = ()

    def locate(self, route: Route, *, at_key: bool = False) -> Place:
        """Where something of the patch is. Of an operation the key is the end of its `path`."""
        if at_key and isinstance(self.data, list) and route[1:] == ("value",):
            route, at_key = (route[0], "path"), False
        if not self.text:
            return Place(self.document.locate(route, at_key=at_key).span, path=self.path)
        around = self.document.locate(self.text[:-1])
        inside = (*self.text, *route)
        place = locate_inside(self.document.locator, inside, around, at_key=at_key)
        return Place(place.span, path=self.path)

    def extent(self, route: Route) -> tuple[str, int, int]:
        """Path, first and last line of something in it; of a text all of it."""
        return (self.path, *self.document.extent(self.text[:-1] if self.text else route))

    def routes(self, built: Any, original: Any, route: Route) -> Iterator[Route | None]:
        """Where it says what is at a route of the built object, what has the last word first; None
        for an operation that may do so, with the value that is there.
        """
        if isinstance(self.data, list):
            yield from self._operations(built, original, route)
        elif (there := same_route(built, self.data, route)) is not None:
            yield there

    def _operations(self, built: Any, original: Any, route: Route) -> Iterator[Route | None]:
        now = value_at(built, route)
        for number, operation in reversed(list(enumerate(self.data))):
            path = tokens(operation)
            if dig(operation, "op") in ("copy", "move") and _may_be(path, route):
                yield None
            if dig(operation, "op") not in ("add", "replace") or "value" not in operation:
                continue
            value = operation["value"]
            target = _target(built, original, path, value)
            if target is None:
                if _may_be(path, route) and (value == now or isinstance(value, dict | list)):
                    yield None
                continue
            if route[: len(target)] != target:
                continue
            there = same_route(value_at(built, target), value, route[len(target) :])
            if there is not None:
                yield (number, "value", *there)

    def about(self, built: Any, route: Route) -> Iterator[tuple[str, int, int]]:
        """The stretches that may say something of what is at a route of the built object."""
        if not route:
            yield self.extent(())
        elif isinstance(self.data, list):
            for number, operation in enumerate(self.data):
                if _may_be(tokens(operation), route):
                    yield self.extent((number,))
        else:
            there = same_route(built, self.data, route)
            if there is None or value_at(self.data, there) is not ABSENT:
                yield self.extent(there or ())


class PatchedOrigin:
    """The way back to an object of a file and to its patches, in the order they are applied, each
    with whether that is certain.

    What several say comes from the last; what is missing, from the first that has no such key.
    """

    def __init__(self, file: FileOrigin, patches: Sequence[tuple[Patch, bool]]) -> None:
        self._file, self._patches = file, patches

    def find(
        self, document: Document, route: Route, place: Place, *, at_key: bool = False
    ) -> Place | None:
        """Where a route stands in the last patch that says the same of it, else in the file.

        Of a key that is wrong whatever its value, which something else may have changed, it is
        enough that the file or a patch has it.
        """
        if place.missing:
            there = self._file.find(document, route, place)
            return there or self._lacking(document.data, route, place.missing)
        there = self._file.find(document, route, place, at_key=at_key)
        if route in _OBJECT or (there is not None and _names_item(route)):
            return there
        value = value_at(document.data, route)
        doubt = False
        for patch, certain in reversed(self._patches):
            for own in patch.routes(document.data, self._file.data, route):
                said = ABSENT if own is None else value_at(patch.data, own)
                if own is None or not certain:
                    doubt |= own is None or said == value
                elif said == value:
                    return there if doubt else patch.locate(own, at_key=at_key)
                elif not (said is ABSENT or at_key or isinstance(said, dict | list)):
                    return None  # Something else has set it again, to what the file may have, too.
        if there is None and at_key:
            return self._having(document.data, route)
        return there

    def _lacking(self, built: Any, route: Route, missing: Route) -> Place | None:
        """Where a patch has what a key is missing in, and the file has nothing of it."""
        depth = len(route) - len(missing)
        around = same_route(built, self._file.data, route[:depth])
        if around is not None and value_at(self._file.data, around) is not ABSENT:
            return None
        for patch, certain in self._patches:
            for own in patch.routes(built, self._file.data, route):
                if own is None:
                    return None
                held = own[: len(own) - len(missing)]
                if (
                    value_at(patch.data, held) is not ABSENT
                    and value_at(patch.data, (*held, missing[0])) is ABSENT
                ):
                    return patch.locate(own) if certain else None
        return None

    def _having(self, built: Any, route: Route) -> Place | None:
        for patch, certain in self._patches:
            for own in patch.routes(built, self._file.data, route):
                if own is not None and value_at(patch.data, own) is not ABSENT:
                    return patch.locate(own, at_key=True) if certain else None
        return None

    def near(self, document: Document, route: Route, place: Place) -> Span | None:
        """Where the file has something at a route of the built object."""
        return self._file.near(document, route, place)

    def extent(self, document: Document, route: Route) -> tuple[int, int] | None:
        """The lines of what the file has at a route of the built object."""
        return self._file.extent(document, route)

    def elsewhere(self, document: Document, route: Route) -> Iterable[tuple[str, int, int]]:
        """The stretches of patches that may say something of a route."""
        for patch, _ in self._patches:
            yield from patch.about(document.data, route)

    def lines(self) -> tuple[int, int]:
        """The lines of the object in the file."""
        return self._file.lines()


def tokens(operation: Any) -> list[str]:
    """The keys of an operation's path (RFC 6901), as texts."""
    path = dig(operation, "path")
    parts = path.split("/")[1:] if isinstance(path, str) else []
    return [part.replace("~1", "/").replace("~0", "~") for part in parts]


def _target(built: Any, original: Any, path: Sequence[str], value: Any) -> Route | None:
    """The route of the built object that an operation has set to a value.

    Numbers are those of the moment it was applied: a list that has other items than the file's is
    in doubt, unless the operation sets an item, which is known again by its name or content.
    """
    route: list[Key] = []
    for position, token in enumerate(path):
        key: Key | None = token
        if isinstance(built, list):
            if position == len(path) - 1:
                key = _item(built, value)
            else:
                in_line = _names(built) == _names(original) and _is_number(token) and token != "-"
                key = int(token) if in_line else None
        if key is None or (inner := value_at(built, (key,))) is ABSENT:
            return None
        route.append(key)
        built, original = inner, value_at(original, (key,))
    return tuple(route)


def _may_be(path: Sequence[str], route: Route) -> bool:
    """Whether an operation may be about a route, whatever the numbers in both."""
    named = [token for token in path if not _is_number(token)]
    wanted = [key for key in route if isinstance(key, str)]
    return all(one == other for one, other in zip(named, wanted, strict=False))


def _item(built: Sequence[Any], value: Any) -> int | None:
    name = dig(value, "name")
    fitting = [
        number
        for number, each in enumerate(built)
        if each == value or (isinstance(name, str) and dig(each, "name") == name)
    ]
    return fitting[0] if len(fitting) == 1 else None


def _names(items: Any) -> list[Any] | None:
    return [dig(each, "name") for each in items] if isinstance(items, list) else None


def _is_number(token: str) -> bool:
    return token == "-" or (token.isascii() and token.isdigit())


def _names_item(route: Route) -> bool:
    return len(route) > 1 and isinstance(route[-2], int) and route[-1] in _ITEM
