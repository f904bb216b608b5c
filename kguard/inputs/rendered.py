"""What a tool made of files, as resources that have their places in these files."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any, Protocol

from kguard.inputs.sources import Document, Source
from kguard.model import RENDERED, Place, Rendering, Resource, Route, Span
from kguard.record import field, record
from kguard.report import Skipped, Unchecked

if TYPE_CHECKING:
    from kguard.inputs.files import Discovery

START = Span(1, 1, 1, 1)
"""Where something is shown of whose place in a file nothing is known."""


@record
class HelmRun:
    """How charts are rendered: one run for each of `values` (files together), or one without.

    `paths` are globs for the folders of the charts it is for; empty means all. All paths are
    absolute. An empty release stands for the chart's name, an empty namespace for the default one.
    """

    paths: tuple[str, ...] = ()
    values: tuple[tuple[str, ...], ...] = ()
    sets: tuple[str, ...] = ()
    release: str = ""
    namespace: str = ""
    api_versions: tuple[str, ...] = ()


@record
class RenderOptions:
    """What is to be rendered: charts where there is a `helm` (the first that fits a chart counts),
    kustomizations where `kustomize` says so; for which Kubernetes.
    """

    helm: tuple[HelmRun, ...] = ()
    kustomize: bool = False
    kube: tuple[int, int] = (1, 34)


class Origin(Protocol):
    """The way from what was rendered back to the file."""

    def find(
        self, document: Document, route: Route, place: Place, *, at_key: bool = False
    ) -> Place | None:
        """The place in a file of a route that stands at `place` in the output; None: in doubt.

        With `at_key` both are those of the key at the end of the route.
        """
        ...

    def near(self, document: Document, route: Route, place: Place) -> Span | None:
        """The place in the file of what has that route there, the same or not; None: nothing."""
        ...

    def extent(self, document: Document, route: Route) -> tuple[int, int] | None:
        """The lines of the file that a route of the object is made of; None: in doubt."""
        ...

    def elsewhere(self, document: Document, route: Route) -> Iterable[tuple[str, int, int]]:
        """Path, first and last line of what other files may have made at that route."""
        ...

    def lines(self) -> tuple[int, int]:
        """First and last line of what the object is made of."""
        ...


@record(frozen=False, eq=False, repr=False)
class RenderedDocument:
    """One document of a tool's output that answers with places in the file it is made of."""

    command: str
    document: Document
    output: Source
    origin: Origin
    index: int
    line: int = 1

    @property
    def data(self) -> Any:
        """Its content."""
        return self.document.data

    def locate(self, route: Route, *, at_key: bool = False, line: int = 0) -> Place:
        """Where a route is in the file, if that is certain, else what is known to be around it.

        Lines of texts are not told apart.
        """
        place = self.document.locate(route, at_key=at_key)
        text = self.output.line(place.span.line)
        found = self.origin.find(self.document, route, place, at_key=at_key)
        rendering = Rendering(self.command, place.span, text, found is not None)
        if found is not None:
            return Place(found.span, place.missing, (), rendering, found.path)
        span = None
        depth = len(route)
        while span is None and depth >= 0:
            around = self.document.locate(route[:depth])
            span = self.origin.near(self.document, route[:depth], around)
            depth -= 1
        return Place(span or START, place.missing, (), rendering)

    def extent(self, route: Route) -> tuple[int, int]:
        """The lines of the file that a route is made of; those of the object where in doubt."""
        found = self.origin.extent(self.document, route) if route else None
        return found or self.origin.lines()

    def elsewhere(self, route: Route) -> Iterable[tuple[str, int, int]]:
        """Path, first and last line of what patches say at a route."""
        return self.origin.elsewhere(self.document, route)

    def following(self, line: int) -> tuple[int, int] | None:
        """Nothing: what follows in the file is for the file to say."""
        return None


@record(frozen=False, eq=False)
class Rendered:
    """What the tools of a run gave.

    `documents` are by path and number; `sources` the files they are made of. `covered` are files
    that are judged in this form and no other, `parts` those of them that something was rendered
    from, `failed` those that could not be, or not in each of their forms. `complete` names the
    units; `inputs` the files that each of them is made of.
    """

    resources: list[Resource] = field(default_factory=list)
    documents: dict[tuple[str, int], RenderedDocument] = field(default_factory=dict)
    sources: dict[str, Source] = field(default_factory=dict)
    unchecked: list[Unchecked] = field(default_factory=list)
    skipped: list[Skipped] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    covered: set[str] = field(default_factory=set)
    parts: set[str] = field(default_factory=set)
    failed: set[str] = field(default_factory=set)
    complete: set[str] = field(default_factory=set)
    inputs: dict[str, frozenset[str]] = field(default_factory=dict)

    def number(self) -> int:
        """The number of the next document."""
        return RENDERED + len(self.documents)


def shown(found: Discovery, path: str) -> str:
    """The name under which a run lists the file at an absolute path."""
    relative = os.path.relpath(path, found.base)
    for name, real in found.undecodable.items():
        if real == relative:
            return name
    return relative.replace(os.sep, "/")


def below(paths: Iterable[str], folder: str) -> Iterator[str]:
    """Those paths that lie below a folder."""
    if not folder:
        return (path for path in paths if not path.startswith("../"))
    return (path for path in paths if path.startswith(f"{folder}/"))
