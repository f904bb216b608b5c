"""Find the ignores of a run: in comments, in annotations, in the configuration."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import accumulate
from typing import TYPE_CHECKING

from kguard.ignore.model import (
    Ignore,
    IgnoreEntry,
    Lines,
    Object,
    Written,
    container_names,
)
from kguard.ignore.spans import Spans
from kguard.kube.workloads import template_route
from kguard.model import Resource, Route, Span, dig
from kguard.policy.registry import Registry
from kguard.record import field, record
from kguard.words import closest, nearest

if TYPE_CHECKING:
    from kguard.ignore.grammar import Directive
    from kguard.ignore.world import CommentLike, SourceLike, World

PREFIX = "ignore.kguard.dev/"
META = "meta"
"""The family of findings about ignores; only its own names ignore them, never `ALL`."""

_WHOLE_FILE = 1 << 62


@record(eq=False)
class Problem:
    """An ignore that has no effect because it is written wrongly: what is wrong, and where.

    `written` is its place where it is a comment; an annotation is at `route` of `resource`, under
    whose name either is spoken of.
    """

    message: str
    resource: Resource
    written: Written | None = None
    route: Route = ()


@record(frozen=False, eq=False)
class Ignores:
    """The ignores of a run by where they can matter, and those that are written wrongly."""

    by_path: dict[str, list[Ignore]] = field(default_factory=lambda: defaultdict(list))
    by_resource: dict[int, list[Ignore]] = field(default_factory=lambda: defaultdict(list))
    configured: list[Ignore] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    resources: dict[str, list[Resource]] = field(default_factory=lambda: defaultdict(list))
    """What is reported on, by path: that of its file, and those of its patches."""
    _comments: dict[str, _Comments] = field(default_factory=dict)

    def for_place(self, path: str, lines: Iterable[int], resource: Resource) -> Iterator[Ignore]:
        """The ignores that may cover a finding on `resource` shown on lines of `path`."""
        if path not in self._comments:
            self._comments[path] = _Comments(self.by_path.get(path, ()))
        comments = self._comments[path]
        found = {id(each): each for line in lines for each in comments.spans.touching(line, line)}
        yield from comments.whole
        yield from found.values()
        yield from self.by_resource.get(id(resource), ())
        yield from self.configured

    def all(self) -> Iterator[Ignore]:
        """Every ignore: comments, annotations, configuration."""
        for group in (self.by_path, self.by_resource):
            for ignores in group.values():
                yield from ignores
        yield from self.configured


class _Comments:
    """The comments of a file that ignore something: `whole` are those for the file as a whole."""

    def __init__(self, ignores: Iterable[Ignore]) -> None:
        placed = [(each.extent, each) for each in ignores if isinstance(each.extent, Lines)]
        self.whole = [each for lines, each in placed if lines.last == _WHOLE_FILE]
        narrow = ((lines.first, lines.last, each) for lines, each in placed)
        self.spans = Spans(each for each in narrow if each[1] != _WHOLE_FILE)


def gather(
    resources: Iterable[Resource],
    world: World,
    registry: Registry,
    entries: Iterable[IgnoreEntry] = (),
) -> Ignores:
    """The ignores that concern `resources`; files that are mere context are not looked at."""
    found = Ignores()
    for resource in resources:
        if not resource.context:
            found.resources[resource.origin.path].append(resource)
            for path in {path for path, _, _ in world.elsewhere(resource, ())}:
                found.resources[path].append(resource)
            _read_annotations(resource, registry, found)
    for path, members in found.resources.items():
        source = world.sources.get(path)
        # Finding comments means scanning the file a second time: only where it can be worth it.
        if source is not None and "kguard" in source.text.lower():
            _read_comments(_File(path, source, members, world), registry, found)
    for entry in entries:
        from kguard.ignore.grammar import Explained

        names = {name: expand(registry, name) for name in entry.policies}
        why = Explained(entry.reason, entry.until)
        found.configured.append(Ignore(names, why, entry, entry.origin))
    return found


def from_annotations(
    resource: Resource, registry: Registry, slips: bool = True
) -> Iterator[Ignore | tuple[Route, str]]:
    """The ignores in the annotations of a resource and of its pod template.

    An annotation that is written wrongly gives its route and what is wrong with it; without
    `slips` it gives nothing. Finding what was meant takes a millisecond for each.
    """
    template = template_route(resource)
    routes: list[Route] = [("metadata", "annotations")]
    if template:
        routes.append((*template, "metadata", "annotations"))
    for route in routes:
        annotations = dig(resource.data, *route)
        if not isinstance(annotations, Mapping):
            continue
        for key, value in annotations.items():
            if isinstance(key, str) and key.startswith(PREFIX):
                yield from _annotation(resource, (*route, key), value, registry, slips)


def _annotation(
    resource: Resource, route: Route, value: object, registry: Registry, slips: bool
) -> Iterator[Ignore | tuple[Route, str]]:
    from kguard.ignore.grammar import GrammarError, annotation

    name = str(route[-1]).removeprefix(PREFIX)
    policies = expand(registry, name)
    if not policies and not slips:
        return
    try:
        if not policies:
            raise GrammarError(_unknown_annotation(name, registry))
        containers, why = annotation(value)
    except GrammarError as error:
        if slips:
            yield route, str(error)
        return
    present = container_names(resource.data) if containers and slips else set()
    for container in containers if present else ():
        # A container that is not there may be injected at admission; one that is nearly there is
        # a slip of the pen.
        if container not in present and (meant := closest(container, present, cutoff=0.8)):
            yield route, f"no container `{container}` in here; did you mean `{meant[0]}`?"
    extent = Object(resource, frozenset(containers))
    yield Ignore({name: policies}, why, extent, None, resource, route)


def _unknown_annotation(name: str, registry: Registry) -> str:
    policy, dot, container = name.partition(".")
    if dot and expand(registry, policy):
        return f'write `{PREFIX}{policy}: "[{container}] reason"` for one container'
    return unknown(name, registry)


def _read_annotations(resource: Resource, registry: Registry, found: Ignores) -> None:
    for item in from_annotations(resource, registry):
        if isinstance(item, Ignore):
            found.by_resource[id(resource)].append(item)
        else:
            route, message = item
            found.problems.append(Problem(message, resource, route=route))


class _File:
    """A file with comments, and the resources in it that are reported on.

    Where these are is asked for once: the reader forgets the places of a document when others are
    asked for, and a file may have thousands of documents and comments.
    """

    def __init__(
        self, path: str, source: SourceLike, resources: Sequence[Resource], world: World
    ) -> None:
        self.path, self.source, self.resources = path, source, resources
        extents = [
            (first, last, resource)
            for resource in resources
            for first, last in _extents(resource, path, world)
        ]
        self._spans = Spans(extents)
        ends: dict[int, int] = {}
        for _, last, resource in extents:
            ends[id(resource)] = max(ends.get(id(resource), 0), last)
        self._ends = list(accumulate((ends.get(id(each), 0) for each in resources), max))

    def touched(self, first: int, last: int) -> list[Resource]:
        """The resources that have text on those lines."""
        return list({id(each): each for each in self._spans.touching(first, last)}.values())

    def near(self, line: int) -> Resource:
        """The resource a line belongs to: the one around it, else the next, else the last."""
        return self.resources[min(bisect_left(self._ends, line), len(self.resources) - 1)]


def _extents(resource: Resource, path: str, world: World) -> Iterator[tuple[int, int]]:
    """The lines of a file that a resource is made of."""
    if resource.origin.path == path:
        yield world.extent(resource, ())
    for other, first, last in world.elsewhere(resource, ()):
        if other == path:
            yield first, last


def _read_comments(file: _File, registry: Registry, found: Ignores) -> None:
    from kguard.ignore.grammar import Mistake, directives

    for comment in file.source.comments:
        text = file.source.line(comment.line)[comment.column - 1 :]
        if "kguard" not in text.lower():
            continue
        for item in directives(text):
            span = Span(
                comment.line, comment.column + item.start, comment.line, comment.column + item.end
            )
            written = Written(file.path, span)
            if isinstance(item, Mistake):
                found.problems.append(Problem(item.message, file.near(comment.line), written))
                continue
            extent = _lines(file, comment, item)
            touched = extent.resources if extent else ()
            near = touched[0] if touched else file.near(comment.line)
            names = {}
            for name in item.names:
                if policies := expand(registry, name):
                    names[name] = policies
                else:
                    found.problems.append(Problem(unknown(name, registry), near, written))
            if extent is None and not file.source.errors:
                message = "nothing follows this comment in its document: it ignores nothing"
                found.problems.append(Problem(message, near, written))
            if names and extent is not None:
                found.by_path[file.path].append(Ignore(names, item.why, extent, written, near))


def _lines(file: _File, comment: CommentLike, directive: Directive) -> Lines | None:
    """The lines a comment speaks for; None where nothing follows it."""
    if directive.whole_file:
        return Lines(file.path, 0, _WHOLE_FILE, file.resources)
    region = (
        covered_lines(file.source, comment.line)
        if comment.own_line or _separates(file.source, comment.line)
        else (comment.line, comment.line)
    )
    if region is None:
        return None
    return Lines(file.path, *region, file.touched(*region))


def covered_lines(source: SourceLike, line: int) -> tuple[int, int] | None:
    """First and last line of what an own-line comment speaks for: the next node, all of it.

    Above the first key of a YAML document that is the document: nobody means `apiVersion` alone.
    A comment between two documents speaks for the later one.
    """
    documents = source.documents
    at = bisect_right(documents, line, key=lambda document: document.line) - 1
    region = documents[at].following(line) if at >= 0 else None
    if region is None:
        last = documents[at].extent(())[1] if at >= 0 else 0
        at += 1
        if at == len(documents) or not _leads_to(source, last, line, documents[at].line):
            return None
        region = documents[at].following(documents[at].line)
    document = documents[at]
    top = region is not None and region == document.following(document.line)
    return document.extent(()) if top and _is_object(document.data) else region


def _leads_to(source: SourceLike, last: int, line: int, following: int) -> bool:
    """Whether a comment after a document's last line belongs to the document after it.

    It does where a separator stands between, and no document that could not be read.
    """
    separated = not last or any(_separates(source, n) for n in range(last + 1, line + 1))
    return separated and not any(last < error.line < following for error in source.errors)


def _is_object(data: object) -> bool:
    """Whether a document is an object with a head of its own; a Dockerfile is none."""
    return isinstance(data, Mapping) and "kind" in data


def _separates(source: SourceLike, line: int) -> bool:
    return source.line(line).startswith("---")


def expand(registry: Registry, name: str) -> frozenset[str]:
    """The policies that a name in an ignore stands for; empty where it is unknown."""
    policies = registry.expand(name)
    if name in ("ALL", "all"):
        policies = [p for p in policies if registry.policies[p].family != META]
    return frozenset(policies)


def unknown(name: str, registry: Registry) -> str:
    """What to say about a name that is no policy."""
    from kguard.policy.peers import peer_hint

    choices = [*registry.policies, *registry.aliases, *registry.families()]
    hint = peer_hint(name, registry.policies.values()) or nearest(name, choices, most=1)
    return f"no policy `{name}`{hint}"
