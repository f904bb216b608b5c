"""Why a fix will not be made, as far as that can be told without trying it.

A report is not to promise what `kguard fix` then refuses. What only a trial tells (a finding that
would stay, or another one that would come) is not known here.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, Any

from yaml.nodes import MappingNode, SequenceNode

from kguard.fix.refuse import SHARED, document_refusal, file_refusal, merged
from kguard.model import REMOVE, Edit, Route
from kguard.record import replace
from kguard.report import Located
from kguard.source import Document, SourceFile

if TYPE_CHECKING:
    from kguard.fix.draft import Draft

_SHARED = r"(?<![^\s\[{,])&[^\s&]|<<[\"']?\s*:"
"""An ampersand where a value may begin, and no shell's `&&`; or a merge key."""


def with_refusals(
    located: Iterable[Located], source_of: Callable[[str], object]
) -> Iterator[Located]:
    """Findings that know whether their fix will be refused; `source_of` gives what was read."""
    files: dict[str, str] = {}
    # Of one document: drafts are large, and the findings of one follow each other.
    at: tuple[str, int] | None = None
    refusal, draft = "", None
    for item in located:
        if item.fix is None:
            yield item
            continue
        origin = item.finding.resource.origin
        source = source_of(origin.path)
        if not isinstance(source, SourceFile):
            yield item
            continue
        if origin.path not in files:
            files[origin.path] = file_refusal(source)
        reason = files[origin.path]
        if not reason:
            if at != (origin.path, origin.document):
                at = origin.path, origin.document
                refusal, draft = _of_document(source, origin.document)
            reason = refusal or (_shared(draft, item.fix.edits, origin.prefix) if draft else "")
        yield replace(item, no_fix=reason) if reason else item


def _of_document(source: SourceFile, index: int) -> tuple[str, Draft | None]:
    """Why nothing in a document may be changed, and a draft of it where something may be shared."""
    document = next((each for each in source.documents if each.index == index), None)
    if document is None:
        return "", None
    text = document.text
    reason = document_refusal(text)
    # To find anchors costs as much as to read the text once more.
    return reason, _draft(document) if not reason and re.search(_SHARED, text) else None


def _draft(document: Document) -> Draft:
    from kguard.fix.draft import Draft
    from kguard.fix.write import Layout

    return Draft(document.locator, Layout(json=document.is_json))


def _shared(draft: Draft, edits: Iterable[Edit], prefix: Route) -> str:
    """Why text that several places share stands in the way of edits; empty where it does not."""
    reasons = (_on_the_way(draft, (*prefix, *edit.route), edit.value) for edit in edits)
    return next(filter(None, reasons), "")


def _on_the_way(draft: Draft, route: Route, value: Any) -> str:
    node = draft.locator.tree.root
    for depth, key in enumerate(route):
        if type(node) is MappingNode:
            entries = draft.entries(node)
            found = next((e for e in reversed(entries) if not e.merge and e.key == key), None)
            if found is None:
                return merged(str(key)) if draft.locator.walk(route[: depth + 1])[1] == () else ""
        elif type(node) is SequenceNode and isinstance(key, int) and key < len(node.value):
            found = draft.entries(node)[key]
        else:
            return ""
        if found.aliased and not (value is REMOVE and depth == len(route) - 1):
            return SHARED
        node = found.node
    return ""
