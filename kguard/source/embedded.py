"""Manifests that stand as a text within another document, with the places of what is in them.

Lines of other texts have places, too.

Argo substitutes its `{{...}}` before Kubernetes reads such a text, and as it stands it need not be
YAML. Each is taken for a scalar here, and stands in the data as it was written.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from yaml.nodes import ScalarNode

from kguard.model import Place, Route, Span
from kguard.record import record
from kguard.source.reader import Document, read

if TYPE_CHECKING:
    from kguard.source.locate import Locator

# Characters for private use stand for placeholders while the text is read: no manifest has any.
_FIRST, _LAST = 0xE000, 0xF8FF
_PRIVATE = re.compile(f"([{chr(_FIRST)}-{chr(_LAST)}])\\1*")

REMEMBERED = 4096
"""Characters of a text up to which it is remembered with what it holds."""


@record(eq=False)
class Embedded:
    """The documents of a text with their data, by their number in it; broken ones left out."""

    data: Mapping[int, Any]
    documents: Mapping[int, Document]


def read_embedded(text: str) -> Embedded:
    """Read a text within a document; a text that only substitution makes readable has none.

    Short ones are remembered: what a server remembers has to stay small.
    """
    return _read_again(text) if len(text) <= REMEMBERED else _read(text)


def _read(text: str) -> Embedded:
    masked = _masked(text)
    if masked is None:
        return Embedded({}, {})
    written, placeholders = masked
    # Half a character, which JSON can hold, is no text of YAML: `read` finds no document.
    encoded = written.encode("utf-8", "surrogatepass")
    documents = {document.index: document for document in read("", encoded).documents}
    data = {index: _restored(each.data, placeholders) for index, each in documents.items()}
    return Embedded(data, documents)


_read_again = lru_cache(maxsize=16)(_read)
# The places of many findings are looked up in one text, and only the command line does.
_read_located = lru_cache(maxsize=16)(_read)


def _masked(text: str) -> tuple[str, list[str]] | None:
    """The text with each placeholder as so many private characters, and the placeholders.

    None where there are too many, where one goes over lines, or where the text has such characters.
    """
    if _PRIVATE.search(text):
        return None
    placeholders: list[str] = []
    parts: list[str] = []
    end = 0
    # No pattern: one that looks for `}}` from each of many `{{` takes the square of their number.
    while (start := text.find("{{", end)) >= 0:
        closed = text.find("}}", start + 2) + 2
        found = text[start:closed]
        if closed < 2 or "\n" in found or len(placeholders) == _LAST - _FIRST:
            return None
        parts += text[end:start], chr(_FIRST + len(placeholders)) * len(found)
        placeholders.append(found)
        end = closed
    return "".join([*parts, text[end:]]), placeholders


def _restored(data: Any, placeholders: list[str]) -> Any:
    if isinstance(data, str):
        return _PRIVATE.sub(lambda found: placeholders[ord(found[1]) - _FIRST], data)
    if isinstance(data, dict):
        return {
            _restored(key, placeholders): _restored(value, placeholders)
            for key, value in data.items()
        }
    if isinstance(data, list):
        return [_restored(item, placeholders) for item in data]
    return data


def locate_inside(locator: Locator, route: Route, around: Place, *, at_key: bool = False) -> Place:
    """The place of a route that may go on into a text: the number of a document in it, then keys.

    Only a literal block (`|`) stands in the file as it is read; any other text is shown as a whole.
    `around` is the place of the text, and the answer for a route that goes into none.
    """
    step, inner = locator.walk(route)
    node: Any = step.node
    document = None
    if type(node) is ScalarNode and inner and type(inner[0]) is int:
        document = _read_located(node.value).documents.get(inner[0])
    if document is None:
        return around
    whole = Place(around.span, via=around.via)
    if node.style != "|" or step.via:
        return whole
    place = document.locate(inner[1:], at_key=at_key)
    header = locator.span(node.start_mark.index, node.start_mark.index).line
    text = node.value.split("\n")
    span = place.span
    first, last = (
        _indentation(text, line, locator.line(header + line)) for line in (span.line, span.end_line)
    )
    if first is None or last is None:
        return whole
    shown = Span(
        header + span.line, first + span.column, header + span.end_line, last + span.end_column
    )
    return Place(shown, place.missing)


def locate_line(locator: Locator, route: Route, around: Place, line: int) -> Place:
    """The place of a line of the text at a route, from 1; `around` where it is not to be found.

    As above, only a literal block stands in the file as it is read.
    """
    step, missing = locator.walk(route)
    node: Any = step.node
    if missing or type(node) is not ScalarNode or node.style != "|" or step.via:
        return around
    header = locator.span(node.start_mark.index, node.start_mark.index).line
    text = node.value.split("\n")
    indentation = _indentation(text, line, locator.line(header + line))
    if indentation is None:
        return around
    own = text[line - 1]
    first = indentation + len(own) - len(own.lstrip()) + 1
    return Place(Span(header + line, first, header + line, indentation + len(own.rstrip()) + 1))


def _indentation(text: list[str], line: int, written: str) -> int | None:
    """How far a line of the text is indented in the file; None where it is another line."""
    own = text[line - 1] if line <= len(text) else ""
    before = written.removesuffix(own)
    return len(before) if own and written.endswith(own) and not before.strip(" ") else None
