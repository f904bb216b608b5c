"""Templates of a chart as files: their text, the comments in it, and what follows a comment."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from functools import cached_property
from typing import Any

from kguard.inputs.gotemplate import Graph, UntraceableError, graph
from kguard.inputs.sources import Document
from kguard.inputs.trace import Certain, Trace
from kguard.model import Place, Route, Span
from kguard.source import Comment, ReadError

_ACTION = re.compile(r"\{\{.*?\}\}", re.S)
_COMMENT = re.compile(r"(?:^|(?<=\s))#[^\n]*")


class TemplateSource:
    """A template that was read. Its documents are stretches of text between `---` lines."""

    def __init__(self, path: str, data: bytes) -> None:
        """Bytes that are no UTF-8 become U+FFFD."""
        text = data.decode("utf-8-sig", "replace")
        self.path = path
        self.bom = data.startswith(b"\xef\xbb\xbf")
        self.crlf = "\r\n" in text
        self.text = text.replace("\r\n", "\n")
        self.errors: Sequence[ReadError] = ()
        self._lines = self.text.split("\n")
        self._starts = [0]
        for line in self._lines:
            self._starts.append(self._starts[-1] + len(line) + 1)

    def line(self, number: int) -> str:
        """The text of a 1-based line; empty where there is no such line."""
        return self._lines[number - 1] if 0 < number <= len(self._lines) else ""

    @cached_property
    def graph(self) -> Graph | None:
        """What the template can turn into; None where that is not understood."""
        try:
            return graph(self.text)
        except (UntraceableError, RecursionError):
            return None

    @cached_property
    def comments(self) -> Sequence[Comment]:
        """YAML comments outside of actions; a `#` in a quoted text counts as well."""
        bare = _ACTION.sub(lambda match: re.sub(r"[^\n]", "x", match[0]), self.text)
        found = []
        for number, line in enumerate(bare.split("\n"), start=1):
            match = _COMMENT.search(line)
            if match is not None:
                text = self.line(number)[match.start() + 1 :].strip()
                own = not line[: match.start()].strip()
                found.append(Comment(number, match.start() + 1, text, own))
        return tuple(found)

    @cached_property
    def documents(self) -> Sequence[TemplateDocument]:
        """The stretches between separators."""
        starts = [1, *(n + 1 for n, line in enumerate(self._lines, 1) if line.startswith("---"))]
        ends = [*(start - 2 for start in starts[1:]), len(self._lines)]
        return tuple(
            TemplateDocument(self, index, start, max(start, end))
            for index, (start, end) in enumerate(zip(starts, ends, strict=True))
        )

    def span(self, start: int, end: int) -> Span:
        """The span from one offset to another, cut to the line of the first."""
        number = self.line_of(start)
        first = self._starts[number - 1]
        end = min(end, first + len(self._lines[number - 1]))
        return Span(number, start - first + 1, number, max(end, start) - first + 1)

    def line_of(self, offset: int) -> int:
        """The 1-based line of an offset."""
        from bisect import bisect_right

        return min(bisect_right(self._starts, offset), len(self._lines))

    def line_start(self, number: int) -> int:
        """The offset of the first character of a line."""
        return self._starts[number - 1]


class TemplateDocument:
    """A stretch of a template; what stands in it is only known by indentation."""

    def __init__(self, source: TemplateSource, index: int, line: int, last: int) -> None:
        self.source, self.index, self.line, self._last = source, index, line, last
        self.data: Any = None

    def locate(self, route: Route, *, at_key: bool = False, line: int = 0) -> Place:
        """Its beginning."""
        return Place(Span(self.line, 1, self.line, 1))

    def extent(self, route: Route) -> tuple[int, int]:
        """Its first and last line."""
        return self.line, self._last

    def following(self, line: int) -> tuple[int, int] | None:
        """The next line of YAML and all that is indented below it; for the first of a document all.

        Lines that hold nothing but actions belong to what they stand in or follow; where no YAML
        follows, what they become may.
        """
        texts = {n: self.source.line(n) for n in range(self.line, self._last + 1)}
        lines = [n for n, text in texts.items() if _is_content(text)]
        first = next((n for n in lines if n >= line), None)
        if first is None:
            acting = next((n for n, text in texts.items() if n >= line and "{{" in text), None)
            return (acting, self._last) if acting is not None else None
        if first == lines[0]:
            return self.extent(())
        indent = _indent(texts[first])
        last = first
        for number in range(first + 1, self._last + 1):
            text = texts[number]
            item = text.lstrip().startswith("- ") and not texts[first].lstrip().startswith("- ")
            if _is_content(text) and _indent(text) < indent + (0 if item else 1):
                break
            if text.strip():
                last = number
        return first, last


def _is_content(text: str) -> bool:
    bare = _ACTION.sub("", text).strip()
    return bool(bare) and not bare.startswith(("#", "---"))


def _indent(text: str) -> int:
    return len(text) - len(text.lstrip())


class TemplateOrigin:
    """The way from a rendered document back to its template. `start` and `end` are the offsets of
    the document, without white space around it, in the text of the output.
    """

    def __init__(
        self, source: TemplateSource, output: str, start: int, end: int, starts: Sequence[int]
    ) -> None:
        self._source, self._output = source, output
        self._start, self._end, self._line_starts = start, end, starts
        self._lines: tuple[int, int] | None = None

    @cached_property
    def _trace(self) -> Trace | None:
        found = self._source.graph
        return Trace(found, self._output[self._start : self._end]) if found else None

    def find(
        self, document: Document, route: Route, place: Place, *, at_key: bool = False
    ) -> Place | None:
        """The place in the template of what stands at a place of the output; None: in doubt."""
        span = place.span
        first = self._line_starts[span.line - 1] + span.column - 1
        last = self._line_starts[span.end_line - 1] + span.end_column - 2
        begin = self._place(first)
        if begin is None:
            return None
        finish = self._place(last) if last > first else begin
        if finish is None:
            finish = begin
        return Place(self._source.span(begin.start, max(begin.end, finish.end)))

    def near(self, document: Document, route: Route, place: Place) -> Span | None:
        """The same: what stands around a place is told by its own text."""
        found = self.find(document, route, place)
        return None if found is None else found.span

    def elsewhere(self, document: Document, route: Route) -> Iterable[tuple[str, int, int]]:
        """Nothing: values and helpers are not looked into."""
        return ()

    def extent(self, document: Document, route: Route) -> tuple[int, int] | None:
        """The lines that wrote those of a route; None where one of them is in doubt."""
        found: list[int] = []
        first, last = document.extent(route)
        for number in range(first, last + 1):
            start, end = self._line_starts[number - 1], self._line_starts[number] - 1
            text = self._output[start:end]
            if not text.strip():
                continue
            place = self._place(start + len(text) - len(text.lstrip()))
            if place is None:
                return None
            found += self._source.line_of(place.start), self._source.line_of(place.end - 1)
        return (min(found), max(found)) if found else None

    def _place(self, offset: int) -> Certain | None:
        if self._trace is None or not self._start <= offset < self._end:
            return None
        return self._trace.place(offset - self._start)

    def lines(self) -> tuple[int, int]:
        """The lines of the template from where the document is known to begin to where it ends."""
        if self._lines is None:
            first, last = self._place(self._start), self._place(self._end - 1)
            whole = self._source.documents[-1].extent(())[1]
            self._lines = (
                self._source.line_of(first.start) if first else 1,
                self._source.line_of(last.start) if last else whole,
            )
            if self._lines[0] > self._lines[1]:
                self._lines = (1, whole)
        return self._lines
