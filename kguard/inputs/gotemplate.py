"""What the text of a Go template can turn into: its literal pieces, and in which order.

The pieces make a graph: an `if` is two ways, a `range` a loop. Nothing is evaluated.

Source: Go text/template/parse (lex.go: delimiters, trim markers, comments; parse.go: control
structures) and, for documents in one template, Helm's releaseutil.SplitManifests.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from enum import Enum

from kguard.record import field, record

_SPACE = " \t\r\n"
# A string, raw string or character in an action; braces and bars in it mean nothing.
_QUOTED = r'"(?:[^"\\\n]|\\.)*"|`[^`]*`|' + r"'(?:[^'\\\n]|\\.)+'"
_ACTION_END = re.compile(rf"(?:{_QUOTED}|[^\"`'}}]|\}}(?!\}}))*?(?P<trim>\s-)?\}}\}}")
_COMMENT = re.compile(r"\{\{(?:-\s)?/\*.*?\*/(?P<trim>\s-)?\}\}", re.S)
_SEPARATOR = re.compile(r"(?:^|\s*\n)---\s*")
_ASSIGNS = re.compile(r"\$\w*(?:\s*,\s*\$\w*)?\s*:?=\s")
_INDENT = re.compile(r"\bn?indent\s+(\d{1,3})\b")
_MANY_LINES = re.compile(r"\b(?:toYaml|toYamlPretty|toPrettyJson|toToml|nindent|indent|fromYaml)\b")
_FIRST_WORD = re.compile(r"[A-Za-z]\w*")


class UntraceableError(Exception):
    """A template that is not understood; it may still render."""


class Kind(Enum):
    """What a node of the graph writes."""

    NOTHING = "nothing"
    TEXT = "text"
    LINE = "line"
    """Something on one line."""
    BLOCK = "block"
    """Lines that are indented by a known amount."""
    ANYTHING = "anything"
    SEPARATOR = "separator"
    """The line between two documents."""


@record(frozen=False, eq=False)
class Node:
    """A piece of a template: what it writes, where it stands (offsets), what may follow it."""

    kind: Kind
    start: int = 0
    end: int = 0
    text: str = ""
    indent: int = 0
    following: list[int] = field(default_factory=list)


@record(frozen=False, eq=False)
class Graph:
    """The pieces of a template. The first writes nothing; `ends` are those that may be the last."""

    nodes: list[Node] = field(default_factory=list)
    ends: list[int] = field(default_factory=list)


@record
class _Token:
    """A text (already trimmed) or the inside of an action, with its place in the template."""

    start: int
    end: int
    text: str
    action: bool = False
    alone: bool = False
    """Whether nothing but white space stands before an action on its line."""


def graph(template: str) -> Graph:
    """The graph of a template with `\\n` line ends; raises UntraceableError."""
    builder = _Builder(list(_tokens(template)))
    builder.add(Node(Kind.NOTHING))
    if builder.block():
        raise UntraceableError("`end` without a beginning")
    return Graph(builder.nodes, builder.here)


def _tokens(template: str) -> Iterator[_Token]:
    at, trim = 0, False
    while True:
        left = template.find("{{", at)
        end = len(template) if left < 0 else left
        comment = None if left < 0 else _COMMENT.match(template, left)
        trim_before = (
            left >= 0
            and template[left + 2 : left + 3] == "-"
            and (template[left + 3 : left + 4] in tuple(_SPACE))
        )
        start = at
        if trim:
            start += len(template[at:end]) - len(template[at:end].lstrip(_SPACE))
        stop = max(start, start + len(template[start:end].rstrip(_SPACE))) if trim_before else end
        if start < stop:
            yield _Token(start, stop, template[start:stop])
        if left < 0:
            return
        inside = left + (3 if trim_before else 2)
        found = comment or _ACTION_END.match(template, inside)
        if found is None:
            raise UntraceableError("an action without an end")
        if comment is None:
            text = template[inside : found.end() - 2]
            text = text[:-1] if found["trim"] else text
            before = template[template.rfind("\n", 0, left) + 1 : left]
            yield _Token(left, found.end(), text.strip(), True, not before.strip())
        at, trim = found.end(), bool(found["trim"])


@record(frozen=False, eq=False)
class _Builder:
    tokens: list[_Token]
    at: int = 0
    nodes: list[Node] = field(default_factory=list)
    here: list[int] = field(default_factory=list)
    """The nodes that the next one follows."""

    def add(self, node: Node) -> int:
        number = len(self.nodes)
        self.nodes.append(node)
        for before in self.here:
            self.nodes[before].following.append(number)
        self.here = [number]
        return number

    def block(self) -> str:
        """Add everything up to an `end` or `else` of this level, which is returned."""
        while self.at < len(self.tokens):
            token = self.tokens[self.at]
            self.at += 1
            if not token.action:
                self._text(token)
                continue
            word = _FIRST_WORD.match(token.text)
            keyword = word[0] if word else ""
            if keyword in ("end", "else"):
                return token.text
            if keyword in ("if", "with"):
                self._choice()
            elif keyword == "range":
                self._loop()
            elif keyword in ("define", "block"):
                self._definition(token, shown=keyword == "block")
            elif keyword in ("break", "continue"):
                raise UntraceableError(f"`{keyword}`")
            elif token.text and not _ASSIGNS.match(token.text):
                self.add(_emitting(token))
        return ""

    def _inner(self) -> str:
        word = self.block()
        if not word:
            raise UntraceableError("no `end`")
        return word

    def _text(self, token: _Token) -> None:
        done = 0
        for match in _SEPARATOR.finditer(token.text):
            self._piece(token, done, match.start())
            self.add(Node(Kind.SEPARATOR, token.start + match.start(), token.start + match.end()))
            done = match.end()
        self._piece(token, done, len(token.text))

    def _piece(self, token: _Token, start: int, end: int) -> None:
        if start < end:
            place = (token.start + start, token.start + end)
            self.add(Node(Kind.TEXT, *place, token.text[start:end]))

    def _choice(self) -> None:
        fork = self.add(Node(Kind.NOTHING))
        exits: list[int] = []
        word = self._inner()
        while word.startswith("else"):
            exits += self.here
            self.here = [fork]
            last = word == "else"
            word = self._inner()
            if last:
                self.here += exits
                return
        self.here = [*exits, *self.here, fork]

    def _loop(self) -> None:
        head = self.add(Node(Kind.NOTHING))
        word = self._inner()
        for last in self.here:
            self.nodes[last].following.append(head)
        self.here = [head]
        if word.startswith("else"):
            self._inner()
            self.here.append(head)

    def _definition(self, token: _Token, *, shown: bool) -> None:
        before, self.here = self.here, []
        while self._inner().startswith("else"):
            continue
        self.here = before
        if shown:
            self.add(Node(Kind.ANYTHING, token.start, token.end))


def _emitting(token: _Token) -> Node:
    """What an action writes at most. A scalar after other text is taken to be of one line: if it
    is not, what is rendered fits no way through the graph.
    """
    place = (token.start, token.end)
    bare = re.sub(_QUOTED, '""', token.text)
    pipeline = bare.split("|")
    # Only what is done last decides; `nindent 4 (toYaml .x)` does it first in the text.
    last = (
        _INDENT.match(pipeline[-1].strip())
        if "(" not in pipeline[-1] or (len(pipeline) == 1)
        else None
    )
    if last:
        return Node(Kind.BLOCK, *place, indent=int(last[1]))
    if token.alone or bare.startswith("template") or _MANY_LINES.search(bare):
        return Node(Kind.ANYTHING, *place)
    return Node(Kind.LINE, *place)
