"""Lines that no report may show, because a policy found a secret in them."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from kguard.inputs.load import Loaded
from kguard.model import Finding
from kguard.record import replace
from kguard.report import Located


def without_secrets(loaded: Loaded, findings: list[Finding]) -> Callable[[str, int], str]:
    """What gives the lines of files, without those that hold what no report may show."""
    hidden = {
        (finding.resource.origin.path, line)
        for finding in findings
        for route in finding.hidden
        for line in _lines_of(loaded.extent(finding.resource, route))
    } | {
        (path, line)
        for finding in findings
        for route in finding.hidden
        for path, first, last in loaded.elsewhere(finding.resource, route)
        for line in _lines_of((first, last))
    }
    if not hidden:
        return loaded.line
    return lambda path, number: "…" if (path, number) in hidden else loaded.line(path, number)


def without_rendered_secrets(loaded: Loaded, located: list[Located]) -> Iterator[Located]:
    """Findings without those lines of what tools rendered that no report may show."""
    hidden = {
        (document.command, line)
        for item in located
        if item.rendering is not None
        for document in [loaded.rendered[_document_of(item)]]
        for route in item.finding.hidden
        for line in _lines_of(
            document.document.extent((*item.finding.resource.origin.prefix, *route))
        )
    }
    for item in located:
        rendering = item.rendering
        if rendering is not None and (rendering.command, rendering.span.line) in hidden:
            item = replace(item, rendering=replace(rendering, text="…"))
        yield item


def _document_of(item: Located) -> tuple[str, int]:
    origin = item.finding.resource.origin
    return origin.path, origin.document


def _lines_of(extent: tuple[int, int]) -> range:
    return range(extent[0], extent[1] + 1)
