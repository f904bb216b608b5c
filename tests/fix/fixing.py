"""One fix, or several, made in a text."""

from __future__ import annotations

from collections.abc import Iterable

from kguard.fix.apply import FixedFile, fix_file
from kguard.model import Confidence, Edit, Finding, Fix, Origin, Resource, Severity, Span
from kguard.report import Located
from kguard.source import read


def fix(text: bytes, *edits: Edit, path: str = "x.yaml") -> FixedFile:
    """What comes of one fix with these edits in the last document of a file."""
    return fixes(text, [edits], path=path)


def fixes(text: bytes, wanted: Iterable[tuple[Edit, ...]], path: str = "x.yaml") -> FixedFile:
    """What comes of several fixes, in their order, in the last document of a file."""
    documents = read(path, text).documents
    index = documents[-1].index if documents else 0
    resource = Resource(documents[-1].data if documents else {}, Origin(path, index))
    located = []
    for line, edits in enumerate(wanted, start=1):
        cure = Fix(edits, safe=True, title=f"fix {line}")
        finding = Finding("p", Severity.NOTE, Confidence.HIGH, "m", resource, (), fix=cure)
        located.append(Located(finding, path, Span(line, 1, line, 2)))
    return fix_file(path, text, located)


def refusals(result: FixedFile) -> list[str]:
    """Why fixes were not made."""
    return [refusal.reason for refusal in result.refused]


def titles(located: Iterable[Located]) -> list[str]:
    """Which fixes they are."""
    return [item.finding.fix.title for item in located if item.finding.fix]
