"""What was read for a run: what it judges, what it looks at, and what it does not judge."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from kguard.inputs.sources import Document, Source
from kguard.model import Place, Resource, Route
from kguard.record import field, record
from kguard.report import Skipped, Unchecked

if TYPE_CHECKING:
    from kguard.inputs.builds import Build
    from kguard.inputs.rendered import RenderedDocument


@record(frozen=False, eq=False, repr=False)
class Loaded:
    """What a run judges, what it looks at, and what it does not judge.

    `sources` holds only files with resources or errors in them. `files` and `documents` count
    what is reported on and holds resources, `files` also what these were rendered from.
    `patched_units` are folders of Kustomize bases, each with one whose kustomization patches it:
    what their objects lack may be added there. `rendered` are documents of tools by path and
    number, `inputs` the files that each unit of theirs is made of.
    """

    resources: list[Resource] = field(default_factory=list)
    sources: dict[str, Source] = field(default_factory=dict)
    unchecked: list[Unchecked] = field(default_factory=list)
    skipped: list[Skipped] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    complete: set[str] = field(default_factory=set)
    """Units of which all was seen."""
    partial: set[str] = field(default_factory=set)
    """Those of them beside which more may be applied: charts and kustomizations."""
    patched_units: dict[str, str] = field(default_factory=dict)
    retagged: set[str] = field(default_factory=set)
    builds: list[Build] = field(default_factory=list)
    rendered: dict[tuple[str, int], RenderedDocument] = field(default_factory=dict)
    inputs: dict[str, frozenset[str]] = field(default_factory=dict)
    unrendered: set[str] = field(default_factory=set)
    """Files of which a rendering might have shown more than this run has seen."""
    charts: bool = False
    """Whether there is a chart to render, where something is to be rendered."""
    unrendered_charts: list[str] = field(default_factory=list)
    """Folders of charts that were not to be rendered, and of which something is not judged."""
    unbuilt_kustomizations: list[str] = field(default_factory=list)
    """Folders of kustomizations that were not to be built."""
    files: int = 0
    documents: int = 0

    def locate(
        self, resource: Resource, route: Route, *, at_key: bool = False, line: int = 0
    ) -> tuple[str, Place]:
        """The file and the place of a route of a resource.

        Or that of the key it ends with, or of a line of the text that stands there.
        """
        origin = resource.origin
        document = self._document(resource)
        place = document.locate((*origin.prefix, *route), at_key=at_key, line=line)
        return place.path or origin.path, place

    def extent(self, resource: Resource, route: Route) -> tuple[int, int]:
        """The first and last line of what is at a route of a resource."""
        return self._document(resource).extent((*resource.origin.prefix, *route))

    def elsewhere(self, resource: Resource, route: Route) -> Iterable[tuple[str, int, int]]:
        """Path, first and last line of what other files, patches, say at a route of a resource."""
        if not resource.origin.rendered:
            return ()
        origin = resource.origin
        return self.rendered[(origin.path, origin.document)].elsewhere((*origin.prefix, *route))

    def line(self, path: str, number: int) -> str:
        """The text of a 1-based line of a file; empty where there is none."""
        source = self.sources.get(path)
        return source.line(number) if source is not None else ""

    def text(self, path: str) -> str:
        """The whole text of a file with its byte order mark; empty where it was not read."""
        source = self.sources.get(path)
        return ("\ufeff" if source.bom else "") + source.text if source is not None else ""

    def is_patched(self, resource: Resource) -> bool:
        """Whether a resource stands in a Kustomize base that some overlay patches."""
        return (
            not resource.origin.rendered and folder_of(resource.origin.path) in self.patched_units
        )

    def _document(self, resource: Resource) -> Document:
        origin = resource.origin
        if origin.rendered:
            return self.rendered[(origin.path, origin.document)]
        documents = self.sources[origin.path].documents
        if origin.document < len(documents) and documents[origin.document].index == origin.document:
            return documents[origin.document]
        # A broken document before this one has a number and no entry.
        return next(document for document in documents if document.index == origin.document)


def folder_of(path: str) -> str:
    """The folder of a shown path, which names its unit; empty for files of the base itself."""
    return path.rpartition("/")[0]
