"""Bytes to a `SourceFile`: documents with data, errors, comments, and places on demand."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any

from yaml import YAMLError
from yaml.composer import ComposerError
from yaml.nodes import Node
from yaml.reader import ReaderError

from kguard.model import Place, Route, Span
from kguard.record import field, record
from kguard.source.build import Repeated, build, repeated_keys
from kguard.source.limits import Limits, check_expansion, check_text, too_deep
from kguard.source.parser import first_node
from kguard.source.split import Chunk, split
from kguard.source.text import (
    Comment,
    Decoded,
    Lines,
    ReadError,
    Unreadable,
    decode,
    displayable,
    forbid_bad_bytes,
    forbidden_character,
)

# Modules that most files do not need are imported where they are used: start-up time.
if TYPE_CHECKING:
    from kguard.source.jsontext import Value
    from kguard.source.locate import Locator

DEFAULT_LIMITS = Limits()


@record
class DuplicateKey:
    """A key written twice in one mapping; Kubernetes keeps the later value.

    `route` leads to the key; `span` is the later key, `first` the one before it.
    """

    route: Route
    span: Span
    first: Span


@record(frozen=False, eq=False)
class Document:
    """One document: plain data as Kubernetes reads it, and places in its text.

    `index` counts all documents of the file from 0, broken ones too; `line` is the first line of
    its text. Aliased collections share their data: treat it as read-only.
    """

    index: int
    line: int
    data: Any
    duplicates: tuple[DuplicateKey, ...]
    _text: str = field(repr=False)
    _chunk: Chunk = field(repr=False)
    _lines: Lines = field(repr=False)

    def locate(self, route: Route, *, at_key: bool = False, line: int = 0) -> Place:
        """Where a route is, to put a caret under.

        A scalar on one line: the value, or its key where `at_key` says so. Anything else: its key;
        a list item without one: the first key in it. For a route that does not exist: the same for
        the deepest part that does, as if it were a collection, with the other keys as `missing`.
        Text reached through an alias is shown where the anchor is. A route may go on into a
        manifest or a patch that stands there as a text: with the number of a document in it.
        `line` asks for one line of the text at the route, from 1.
        """
        place = _locator(self).locate(route, at_key=at_key)
        if line:
            from kguard.source.embedded import locate_line

            return locate_line(_locator(self), route, place, line)
        if place.missing and ("manifest" in route or "podSpecPatch" in route):
            from kguard.source.embedded import locate_inside

            return locate_inside(_locator(self), route, place, at_key=at_key)
        return place

    def extent(self, route: Route) -> tuple[int, int]:
        """The first and last line of what is at a route, with its key or dash."""
        return _locator(self).extent(route)

    def following(self, line: int) -> tuple[int, int] | None:
        """First and last line of the next entry or list item that starts on or after `line`."""
        return _locator(self).following(line)

    @property
    def text(self) -> str:
        """Its text, as it stands in the file."""
        return self._text[self._chunk.start : self._chunk.end]

    @property
    def locator(self) -> Locator:
        """The nodes of the document and where they stand, for those who change its text."""
        return _locator(self)

    @property
    def is_json(self) -> bool:
        """Whether Kubernetes reads the document as JSON and not as YAML."""
        return self._chunk.json


@lru_cache(maxsize=16)
def _locator(document: Document) -> Locator:
    """The places of a document, forgotten when others are asked for.

    They take over ten times the memory of its text, and a run asks document by document.
    """
    from kguard.source.locate import Locator

    chunk = document._chunk
    text = document.text
    if chunk.json:
        from kguard.source import jsontext

        nodes = jsontext.compose(text)
    else:
        from kguard.source import tree

        nodes = tree.compose_read(_final_newline(text))
        if "<<:" in text:
            from kguard.source.spread import spread

            spread(nodes)
    return Locator(nodes, text, chunk.start, document._lines)


@record(frozen=False, eq=False)
class SourceFile:
    """A file that was read: `text` has `\\n` line ends, no byte order mark, U+FFFD for bad bytes.

    `crlf` and `bom` say what the file itself had.
    """

    path: str
    text: str = field(repr=False)
    documents: tuple[Document, ...] = ()
    errors: tuple[ReadError, ...] = ()
    crlf: bool = False
    bom: bool = False
    _chunks: tuple[Chunk, ...] = field(default=(), repr=False)
    _lines: Lines = field(default_factory=lambda: Lines(""), repr=False)
    _comments: tuple[Comment, ...] | None = field(default=None, repr=False)

    @property
    def comments(self) -> tuple[Comment, ...]:
        """All comments in order; found on first use."""
        if self._comments is None:
            from kguard.source.comments import comments

            found = comments(self.text, self._chunks, self._lines) if "#" in self.text else ()
            self._comments = tuple(found)
        return self._comments

    def line(self, number: int) -> str:
        """The text of a 1-based line; empty where the file has no such line."""
        return self._lines.line(number)


def read(path: str, data: bytes, limits: Limits = DEFAULT_LIMITS) -> SourceFile:
    """Read a YAML or JSON file as kubectl does. `path` is only a name; nothing is raised.

    A document that cannot be read becomes an error and costs no other document.
    """
    if len(data) > limits.max_bytes:
        reason = f"larger than {limits.max_bytes:,} bytes"
        return SourceFile(path, "", errors=(ReadError(1, 1, reason),))
    try:
        decoded = decode(data)
    except Unreadable as fault:
        return SourceFile(path, "", errors=(ReadError(1, 1, fault.message),))
    return _Reading(path, decoded, limits).run()


@record(frozen=False)
class _Reading:
    """One run of `read` over a decoded file."""

    path: str
    decoded: Decoded
    limits: Limits
    lines: Lines = field(init=False)
    documents: list[Document] = field(default_factory=list)
    errors: list[ReadError] = field(default_factory=list)
    count: int = 0

    def __post_init__(self) -> None:
        self.lines = Lines(self.decoded.text)

    def run(self) -> SourceFile:
        decoded = self.decoded
        text = decoded.text
        start, chunks = self._json_values() if _looks_like_json(text) else (0, [])
        for chunk in split(text, start, self._line(start) if start else 1):
            chunks.append(chunk)
            self._yaml(chunk)
        return SourceFile(
            self.path,
            displayable(text) if decoded.damaged else text,
            tuple(self.documents),
            tuple(self.errors),
            decoded.crlf,
            decoded.bom,
            tuple(chunks),
            self.lines,
        )

    def _json_values(self) -> tuple[int, list[Chunk]]:
        """Read the JSON values the file begins with; where YAML begins, and their chunks.

        kubectl goes over to YAML after no value or one; more than one make a JSON stream.
        """
        from kguard.source import jsontext

        text, end, read_before = self.decoded.text, 0, len(self.documents)
        chunks: list[Chunk] = []
        try:
            for value in jsontext.values(text):
                end = value.end
                line = self.lines.position(value.start)[0]
                chunk = Chunk(value.start, end, line, json=True)
                chunks.append(chunk)
                self._json(chunk, value)
        except RecursionError:
            self._fail(end, too_deep(self.limits))
            return len(text), chunks
        except Unreadable as fault:
            self._fail(end, fault)
            return len(text), chunks
        except ValueError as error:
            if len(self.documents) - read_before > 1:
                at = error.pos if isinstance(error, jsontext.DecodeError) else end
                self._fail(at, Unreadable("invalid JSON after the values before it"))
                return len(text), chunks
            return self._after_space(end), chunks
        return len(text), chunks

    def _after_space(self, start: int) -> int:
        """`start`, or the line after it where nothing but white space is left on its line."""
        line_end = self.decoded.text.find("\n", start) + 1
        blank = line_end and not self.decoded.text[start:line_end].strip()
        return line_end if blank and start else start

    def _json(self, chunk: Chunk, value: Value) -> None:
        from kguard.source import jsontext

        text = self.decoded.text[chunk.start : chunk.end]
        try:
            if self.decoded.damaged:
                forbid_bad_bytes(text)
            check_expansion(value.data, self.limits)
            repeated: list[Repeated] = []
            if value.repeats:
                root = jsontext.compose(text).root
                repeated = repeated_keys(root) if root is not None else []
        except Unreadable as fault:
            self._fail(chunk.start + fault.offset, fault)
        else:
            self._add(chunk, value.data, repeated)

    def _yaml(self, chunk: Chunk) -> None:
        if chunk.stray:
            reason = f"`--- {chunk.stray}`: only a comment may follow a document separator"
            self._fail(chunk.separator, Unreadable(reason))
            return
        text = _final_newline(self.decoded.text[chunk.start : chunk.end])
        try:
            if self.decoded.damaged:
                forbid_bad_bytes(text)
            check_text(text, self.limits)
            root = self._root(text)
            if root is None:
                return
            if "\\/" in text:
                from kguard.source import tree

                tree.forbid_slash_escapes(text)
            if "<<:" in text:
                from kguard.source.spread import spread
                from kguard.source.tree import Tree

                spread(Tree(root))
            data, repeated = build(root, self.limits)
        except Unreadable as fault:
            self._fail(chunk.start + fault.offset, fault)
        except ReaderError:
            forbidden = forbidden_character(text)
            self._fail(chunk.start + forbidden.offset, forbidden)
        except YAMLError as error:
            from kguard.source.messages import explain

            offset, message = explain(error, text, lambda at: self._line(chunk.start + at))
            self._fail(chunk.start + offset, Unreadable(message))
        except RecursionError:
            self._fail(chunk.start, too_deep(self.limits))
        else:
            self._add(chunk, data, repeated)
            if "\n..." in text:
                self._unread_rest(chunk, text)

    def _root(self, text: str) -> Node | None:
        from kguard.source import tree

        if text.startswith("%") or "\n%" in text:
            return tree.compose(text).root
        try:
            return first_node(text)
        except ComposerError as error:
            if "duplicate anchor" in (error.context or ""):
                return tree.compose(text).root
            raise

    def _unread_rest(self, chunk: Chunk, text: str) -> None:
        """Report what follows the `...` that ends a document: Kubernetes drops it in silence."""
        from kguard.source import tree

        offset = tree.second_document(text)
        if offset is not None:
            reason = "Kubernetes does not read what follows `...` without a `---` line"
            self._fail(chunk.start + offset, Unreadable(reason))

    def _add(self, chunk: Chunk, data: Any, repeated: list[Repeated]) -> None:
        duplicates = tuple(
            DuplicateKey(each.route, self._span(chunk, each.later), self._span(chunk, each.first))
            for each in repeated
        )
        self.documents.append(
            Document(self.count, chunk.line, data, duplicates, self.decoded.text, chunk, self.lines)
        )
        self.count += 1

    def _fail(self, offset: int, fault: Unreadable) -> None:
        offset = min(offset, len(self.decoded.text))
        self.errors.append(ReadError(*self.lines.position(offset), fault.message))
        self.count += 1

    def _span(self, chunk: Chunk, node: Node) -> Span:
        start, end = node.start_mark.index, node.end_mark.index
        return self.lines.span(chunk.start + start, chunk.start + end)

    def _line(self, offset: int) -> int:
        return self.lines.position(offset)[0]


def _looks_like_json(text: str) -> bool:
    """True where the first character that is not white space opens an object or a list."""
    return text.lstrip(" \t\n\r").startswith(("{", "["))


def _final_newline(text: str) -> str:
    """`text` ending in a newline, as apimachinery's line reader hands every document on."""
    return text if text.endswith("\n") else text + "\n"
