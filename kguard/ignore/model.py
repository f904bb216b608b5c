"""What an ignore is: the policies it names, why, how long, and what it covers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Protocol

from kguard.ignore.globs import matches_name, matches_path
from kguard.model import Finding, Resource, Route, Span, dig
from kguard.record import record

if TYPE_CHECKING:
    import datetime

    from kguard.ignore.grammar import Explained

CONTAINER_LISTS = frozenset(
    {"containers", "initContainers", "ephemeralContainers", "sidecars", "templates"}
)
"""Lists whose items an annotation calls by name: containers, Argo's sidecars and its templates."""


@record
class Written:
    """Where an ignore is written: a stretch of a file."""

    path: str
    span: Span


@record
class IgnoreEntry:
    """One entry of the configuration's `ignore:` list. An empty tuple does not narrow it.

    `paths` are globs as in .gitignore, `names` and `namespaces` shell globs, `kinds` exact.
    """

    policies: tuple[str, ...]
    paths: tuple[str, ...] = ()
    kinds: tuple[str, ...] = ()
    names: tuple[str, ...] = ()
    namespaces: tuple[str, ...] = ()
    reason: str = ""
    until: datetime.date | None = None
    origin: Written | None = None

    def applies_to(self, resource: Resource) -> bool:
        """Whether the entry speaks of that resource."""
        return (
            (not self.kinds or resource.kind in self.kinds)
            and (not self.names or matches_name(self.names, resource.name))
            and (not self.namespaces or matches_name(self.namespaces, resource.namespace or ""))
            and (not self.paths or matches_path(self.paths, resource.origin.path))
        )

    def covers(self, finding: Finding, path: str, lines: Sequence[int]) -> bool:
        """Whether the entry hides a finding; its place in the file does not matter."""
        return self.applies_to(finding.resource)


class Extent(Protocol):
    """What an ignore covers."""

    def covers(self, finding: Finding, path: str, lines: Sequence[int]) -> bool:
        """Whether a finding shown in the file `path` on any of `lines` is covered."""
        ...

    def applies_to(self, resource: Resource) -> bool:
        """Whether findings on that resource can be covered."""
        ...


@record(eq=False)
class Lines:
    """Lines of a file, both ends included; `resources` are those on them, in the file's order."""

    path: str
    first: int
    last: int
    resources: Sequence[Resource]

    def covers(self, finding: Finding, path: str, lines: Sequence[int]) -> bool:
        """Whether the finding starts, or an alias that leads to it stands, on these lines."""
        return path == self.path and any(self.first <= line <= self.last for line in lines)

    def applies_to(self, resource: Resource) -> bool:
        """Whether the resource has text on these lines."""
        return any(resource is each for each in self.resources)


@record(eq=False)
class Object:
    """A whole resource, or the named containers in it."""

    resource: Resource
    containers: frozenset[str] = frozenset()

    def covers(self, finding: Finding, path: str, lines: Sequence[int]) -> bool:
        """Whether the finding is on this resource, in one of the containers where any is named."""
        if finding.resource is not self.resource:
            return False
        return not self.containers or any(
            name in self.containers for name in containers_on(self.resource.data, finding.route)
        )

    def applies_to(self, resource: Resource) -> bool:
        """Whether it is this resource and it has one of the containers, where any is named.

        A container that is injected at admission is not in the manifest: no verdict was possible.
        """
        return resource is self.resource and (
            not self.containers or not self.containers.isdisjoint(container_names(resource.data))
        )


@record(eq=False)
class Ignore:
    """An ignore, wherever it was written.

    `names` maps each policy, alias or family as written to the policies it stands for. `written`
    is its place where that is known already; else it is at `route` of `resource`.
    """

    names: Mapping[str, frozenset[str]]
    why: Explained
    extent: Extent
    written: Written | None = None
    resource: Resource | None = None
    route: Route = ()

    def expired(self, today: datetime.date) -> bool:
        """Whether its last day is over; that day itself still counts."""
        return self.why.until is not None and self.why.until < today

    def hides(self, finding: Finding, path: str = "", lines: Sequence[int] = ()) -> list[str]:
        """The names under which it covers a finding; none where it does not.

        Its date is not judged here. `path` and `lines` matter to comments only.
        """
        names = [name for name, policies in self.names.items() if finding.policy in policies]
        return names if names and self.extent.covers(finding, path, lines) else []


def containers_on(data: object, route: Route) -> list[str]:
    """The names of the containers (and Argo templates) that a route leads through."""
    names = []
    for depth, key in enumerate(route):
        if isinstance(key, int) and depth and route[depth - 1] in CONTAINER_LISTS:
            name = dig(data, *route[: depth + 1], "name")
            if isinstance(name, str):
                names.append(name)
    return names


def container_names(data: object) -> set[str]:
    """The names of all containers (and Argo templates) in an object."""
    names: set[str] = set()
    pending: list[object] = [data]
    seen: set[int] = set()
    while pending:
        node = pending.pop()
        if not isinstance(node, (Mapping, list)) or id(node) in seen:
            continue
        seen.add(id(node))  # Aliases share nodes, and a bomb shares them exponentially.
        if isinstance(node, list):
            pending += node
            continue
        for key, value in node.items():
            pending.append(value)
            if key in CONTAINER_LISTS and isinstance(value, list):
                found = (dig(item, "name") for item in value)
                names.update(name for name in found if isinstance(name, str))
    return names
