"""The words every layer speaks: routes, spans, resources, scopes, faults and findings. No I/O.

Policies speak in routes (keys and indexes from the root of a resource); only the edge of the
program turns a route into a line and a column. All records here are frozen and slotted; those
that hold manifest data compare by identity, because their data is not hashable.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from enum import Enum, IntEnum
from typing import Any, TypeVar

from kguard.record import field, record

Key = str | int
Route = tuple[Key, ...]

RENDERED = 1 << 32
"""The first document number of what a tool renders; no file holds so many documents."""

E = TypeVar("E", bound=IntEnum)


class Severity(IntEnum):
    """How bad a finding is. Ordered, so that thresholds compare with `>=`."""

    NOTE = 1
    WARNING = 2
    ERROR = 3

    @property
    def word(self) -> str:
        """The lower-case word users read and write."""
        return self._name_.lower()

    @classmethod
    def parse(cls, word: str) -> Severity:
        """The severity a lower-case word names; raises ValueError for any other text."""
        return _from_word(cls, word)


class Confidence(IntEnum):
    """How sure a finding is: `HIGH` follows from the manifest, less rests on a heuristic."""

    LOW = 1
    MEDIUM = 2
    HIGH = 3

    @property
    def word(self) -> str:
        """The lower-case word users read and write."""
        return self._name_.lower()

    @classmethod
    def parse(cls, word: str) -> Confidence:
        """The confidence a lower-case word names; raises ValueError for any other text."""
        return _from_word(cls, word)


def _from_word(kind: type[E], word: str) -> E:
    for member in kind:
        if member.name.lower() == word:
            return member
    raise ValueError(f"{word!r} is none of {', '.join(m.name.lower() for m in kind)}")


@record(order=True)
class Span:
    """A stretch of a file: 1-based lines and columns, columns in code points, the end exclusive."""

    line: int
    column: int
    end_line: int
    end_column: int


@record
class Rendering:
    """Where something stands in what a tool made of a file, and how that relates to the file.

    `command` is what writes that output, `span` the place in it and `text` the first line of that
    place. `certain` says that the place in the file itself is known; else it is only near.
    """

    command: str
    span: Span
    text: str
    certain: bool


@record
class Place:
    """Where a route is in a file.

    `span` covers the deepest part of the route that exists; `missing` holds the keys that do not.
    `via` lists the aliases (`*name`) through which the route reached text written elsewhere.
    `rendering` is None where the object is written in the file as it is. `path` is that file where
    it is not the one the object comes from: a patch of it.
    """

    span: Span
    missing: Route = ()
    via: tuple[Span, ...] = ()
    rendering: Rendering | None = None
    path: str = ""


@record
class Origin:
    """Where a resource was read: file, document in it (from 0), route to it (items of a List).

    What a tool renders has the file it is made of, and a document number from RENDERED on.
    """

    path: str
    document: int = 0
    prefix: Route = ()

    @property
    def rendered(self) -> bool:
        """Whether the object does not stand in the file like that, but was made of it."""
        return self.document >= RENDERED


@record
class Duplicate:
    """A key written twice in one mapping: the route to it, the line of the value that is lost."""

    route: Route
    lost_line: int


@record(eq=False)
class Resource:
    """One object to be judged: a Kubernetes object, a Drone pipeline, a Dockerfile.

    `unit` names the world it belongs to: references are looked up there and nowhere else.
    `context` resources are looked at, never reported on.
    """

    data: Mapping[str, Any]
    origin: Origin
    group: str = ""
    version: str = ""
    kind: str = ""
    namespace: str | None = None
    name: str = ""
    generate_name: str = ""
    unit: str = ""
    context: bool = False
    duplicates: tuple[Duplicate, ...] = ()
    cut: int = 0
    """The line at which its reader stops for good, where this object is the first that suffers."""

    @property
    def api_version(self) -> str:
        """The `apiVersion` this group and version are written as."""
        return f"{self.group}/{self.version}" if self.group else self.version

    @property
    def embedded(self) -> bool:
        """Whether it stands in another object, and is made when that one runs.

        What stands in a List is below no `spec`.
        """
        return "spec" in self.origin.prefix

    @property
    def label(self) -> str:
        """`Kind/namespace/name` as people say it, without the parts that are absent."""
        name = self.name or (f"{self.generate_name}*" if self.generate_name else "")
        return "/".join(part for part in (self.kind, self.namespace or "", name) if part)


@record
class Related:
    """A second place that explains a finding, with a short label for it."""

    resource: Resource
    route: Route
    label: str


class Removal(Enum):
    """The type of REMOVE, so that no value of a manifest can be taken for it."""

    REMOVE = "remove"


REMOVE = Removal.REMOVE
"""The value of an Edit that removes what is at its route."""


@record
class Edit:
    """One change to a resource: set the value at `route`, or remove it where `value` is REMOVE.

    `route` begins at the root of the resource; mappings that are missing on the way are made, and
    an index equal to the length of a list appends to it.
    """

    route: Route
    value: Any


@record
class Fix:
    """Edits that cure a finding. `safe` ones cannot delete, stop or reschedule anything."""

    edits: tuple[Edit, ...]
    safe: bool
    title: str


@record
class Fault:
    """What a policy found, before the engine adds the policy's name and severity.

    `severity` and `confidence` are None where the policy's own apply. `help` is one more sentence,
    shown under the frame: the reason or the way out.
    """

    resource: Resource
    route: Route
    message: str
    severity: Severity | None = None
    confidence: Confidence | None = None
    help: str = ""
    related: tuple[Related, ...] = ()
    fix: Fix | None = None
    hidden: tuple[Route, ...] = ()
    """What is nothing for a report: secrets, whose lines are not shown."""
    at_key: bool = False
    """Whether the key at the end of the route is wrong, whatever its value: that is marked."""
    line: int = 0
    """The line of the text at the route that is meant, from 1; 0 for the text as a whole."""


@record
class Unknown:
    """A policy's answer where context it would need was not seen. Never an accusation."""

    reason: str


@record
class Finding:
    """A fault with the name, severity and confidence under which it is reported."""

    policy: str
    severity: Severity
    confidence: Confidence
    message: str
    resource: Resource
    route: Route
    help: str = ""
    related: tuple[Related, ...] = ()
    fix: Fix | None = None
    hidden: tuple[Route, ...] = ()
    at_key: bool = False
    line: int = 0


@record(eq=False)
class Scope:
    """A part of a resource that a policy looks at: its data and the route to it.

    The facts (containers, pods, workflows, ...) extend it with what follows from the data, so
    every check can say `scope.fault(...)` whatever it was given.
    """

    resource: Resource
    route: Route
    data: Mapping[str, Any] = field(repr=False)

    def get(self, key: Key, *more: Key, default: Any = None) -> Any:
        """The value under the keys, or `default` where any step is absent or has another shape."""
        data: Any = self.data
        found = data.get(key)
        if more and found is not None:
            for step in more:  # Asked hundreds of times for an object: `dig` takes twice as long.
                if type(found) is dict:
                    found = found.get(step)
                elif found is None:
                    break
                else:
                    found = dig(found, step)
        return default if found is None else found

    def at(self, *keys: Key) -> Route:
        """The route from the root of the resource to `keys` below this scope."""
        return (*self.route, *keys)

    def fault(
        self,
        keys: Sequence[Key],
        message: str,
        *,
        severity: Severity | None = None,
        confidence: Confidence | None = None,
        help: str = "",
        related: Sequence[Related] = (),
        fix: Fix | None = None,
        hidden: Sequence[Route] = (),
        at_key: bool = False,
        line: int = 0,
    ) -> Fault:
        """A fault at `keys` below this scope. Keys that do not exist are shown as missing.

        `at_key` says that the last key is what is wrong, and not its value; `line` which line of
        the text there is, from 1.

        No report shows the lines of what is at the keys of `hidden` below this scope.
        """
        return Fault(
            resource=self.resource,
            route=self.at(*keys),
            message=message,
            severity=severity,
            confidence=confidence,
            help=help,
            related=tuple(related),
            fix=fix,
            hidden=tuple(self.at(*keys) for keys in hidden),
            at_key=at_key,
            line=line,
        )


def dig(data: Any, *keys: Key, default: Any = None) -> Any:
    """Walk `keys` into nested mappings and lists; `default` where a step does not exist.

    An explicit null counts as absent, as it does for the API server.
    """
    for key in keys:
        # Nearly all data are dicts, and the check of an abstract class takes ten times as long.
        if type(data) is dict:
            data = data.get(key)
        elif data is None:
            return default
        elif isinstance(data, list):
            if not isinstance(key, int) or not -len(data) <= key < len(data):
                return default
            data = data[key]
        elif isinstance(data, Mapping):
            data = data.get(key)
        else:
            return default
    return default if data is None else data


def named_route(data: Any, route: Route) -> str:
    """A route as people write it: `spec.containers[web].image`, list items by name where unique.

    `data` is the resource the route belongs to; an item without a name keeps its index.
    """
    parts: list[str] = []
    for key in route:
        item = dig(data, key)
        if isinstance(key, int):
            name = dig(item, "name")
            parts.append(f"[{name}]" if isinstance(name, str) and name else f"[{key}]")
        elif not key or "." in key or "[" in key or "]" in key:
            parts.append(f"['{key}']")
        else:
            parts.append(f".{key}" if parts else key)
        data = item
    return "".join(parts)
