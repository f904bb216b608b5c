"""Shell text → tokens, read one by one because what a character means depends on the parser.

Quoting, expansions, comments and here-documents follow POSIX Shell Command Language 2.2 to 2.7;
`$'...'`, `<<<`, `&>`, `|&` and process substitution are bash's.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from enum import Enum, auto

from kguard.record import record
from kguard.shell.syntax import List, Unparsable, Word

MAX_LENGTH = 30_000
MAX_DEPTH = 40

_OPERATORS = re.compile(r"&&|\|\||;;&|;&|;;|<<<|<<-|<<|>>|<&|>&|<>|>\||&>>|&>|\|&|[&|;<>()]")
_PLAIN = re.compile(r"[^ \t\r\n\\'\"$`&|;<>(){]+")
_BLANKS = " \t\r"
_ENDS = frozenset(" \t\r\n&|;)")
_QUOTED_PLAIN = re.compile(r"[^\\\"$`]+")
_NAME = re.compile(r"[A-Za-z_]\w*|[0-9@*#?$!-]")
_ARRAY = re.compile(r"[A-Za-z_]\w*(\[[^]]*\])?\+?=")
_PARENTHESES = re.compile(r"\\.|[()]", re.S)
# `{{ ... }}` is filled in by a template engine before a shell sees the text: one opaque expansion.
_TEMPLATE_LENGTH = 1000


class Kind(Enum):
    """What a token is."""

    WORD = auto()
    OPERATOR = auto()
    NEWLINE = auto()
    END = auto()


@record
class Token:
    """A token with its place; `word` is set for words, `text` for operators."""

    kind: Kind
    text: str
    start: int
    end: int
    word: Word | None = None


class Tokens:
    """A reader of one text. `nested` parses a command substitution and returns where it ends."""

    __slots__ = ("_heredocs", "_nested", "depth", "position", "text")

    def __init__(
        self, text: str, nested: Callable[[Tokens, int], tuple[List, int]], depth: int = 0
    ) -> None:
        self.text = text
        self.position = 0
        self.depth = depth
        self._nested = nested
        self._heredocs: list[tuple[str, bool]] = []

    def next(self) -> Token:
        """The next token; raises Unparsable for unfinished quotes and expansions."""
        self._skip_blanks()
        text, start = self.text, self.position
        if start >= len(text):
            if self._heredocs:
                self._read_heredocs()
            return Token(Kind.END, "", start, start)
        if text[start] == "\n":
            self.position += 1
            self._read_heredocs()
            return Token(Kind.NEWLINE, "\n", start, start + 1)
        if text[start] in "<>" and text[start + 1 : start + 2] == "(":
            return self._word(start)
        operator = _OPERATORS.match(text, start)
        if operator:
            self.position = operator.end()
            return Token(Kind.OPERATOR, operator.group(), start, operator.end())
        return self._word(start)

    def expect_heredoc(self, delimiter: str, strip_tabs: bool) -> None:
        """Skip a here-document's lines when the current line ends."""
        self._heredocs.append((delimiter, strip_tabs))

    def skip_test(self) -> str:
        """Consume text up to the closing `]]`, minding quotes; returns what was passed."""
        start = self.position
        while self.position < len(self.text):
            here = self.position
            if self.text.startswith("]]", here) and self.text[here - 1].isspace():
                self.position += 2
                return self.text[start:here]
            if self.text[here] in "'\"$`\\":
                self._piece([], [])
            else:
                self.position += 1
        raise Unparsable("no closing `]]`")

    def skip_arithmetic(self, start: int) -> bool:
        """Consume `((...))` from `start`; False, and nothing consumed, where it is `( (...) )`."""
        depth, previous = 0, -1
        for match in _PARENTHESES.finditer(self.text, start):
            if match.group() == "(":
                depth += 1
            elif match.group() == ")":
                depth -= 1
                if not depth:
                    if match.start() != previous + 1:
                        return False
                    self.position = match.end()
                    return True
                previous = match.start() if depth == 1 else previous
        raise Unparsable("no closing `)`")

    def _skip_blanks(self) -> None:
        text, position, end = self.text, self.position, len(self.text)
        while position < end:
            if text[position] in _BLANKS:
                position += 1
            elif text.startswith("\\\n", position):
                position += 2
            elif text.startswith("\\\r\n", position):
                position += 3
            elif text[position] == "#":
                newline = text.find("\n", position)
                position = end if newline < 0 else newline
            else:
                break
        self.position = position

    def _word(self, start: int) -> Token:
        pieces: list[str] = []
        programs: list[List] = []
        literal, quoted = True, False
        text, end = self.text, len(self.text)
        while self.position < end:
            here = self.position
            character = text[here]
            if character in _ENDS:
                break
            if character == "(":
                if not _ARRAY.fullmatch(text, start, here):
                    break
                self._balanced("(", ")")
                pieces.append(text[here : self.position])
                literal = False
                continue
            if character in "<>" and not (here == start and text[here + 1 : here + 2] == "("):
                break
            quoted = quoted or character in "'\"\\"
            literal = self._piece(pieces, programs) and literal
        source, found = text[start : self.position], tuple(programs)
        word = Word("".join(pieces), start, self.position, literal, quoted, found, source)
        return Token(Kind.WORD, source, start, self.position, word)

    def _piece(self, pieces: list[str], programs: list[List]) -> bool:
        """Consume one part of a word. False where the part is expanded by somebody else."""
        text, here = self.text, self.position
        character = text[here]
        plain = _PLAIN.match(text, here)
        if plain:
            self.position = plain.end()
            pieces.append(plain.group())
            return True
        if character == "\\":
            self.position = min(here + 2, len(text))
            if text[here + 1 : here + 2] != "\n":
                pieces.append(text[here + 1 : here + 2])
            return True
        if character == "'":
            self.position = self._find("'", here + 1, "single quote") + 1
            pieces.append(text[here + 1 : self.position - 1])
            return True
        if character == '"':
            return self._double(pieces, programs)
        if character in "<>":
            self.position = here + 2
            programs.append(self._program(here + 2))
            pieces.append(text[here : self.position])
            return False
        if character in "$`":
            return self._expansion(pieces, programs)
        if text.startswith("{{", here):
            end = text.find("}}", here, here + _TEMPLATE_LENGTH)
            if end >= 0:
                self.position = end + 2
                pieces.append(text[here : self.position])
                return False
        self.position += 1
        pieces.append(character)
        return True

    def _double(self, pieces: list[str], programs: list[List]) -> bool:
        literal = True
        self.position += 1
        text = self.text
        while self.position < len(text):
            here = self.position
            if text[here] == '"':
                self.position += 1
                return literal
            plain = _QUOTED_PLAIN.match(text, here)
            if plain:
                self.position = plain.end()
                pieces.append(plain.group())
                literal = literal and "{{" not in plain.group()
            elif text[here] == "\\":
                following = text[here + 1 : here + 2]
                self.position = here + 2
                if following != "\n":
                    pieces.append(following if following in '$`"\\' else "\\" + following)
            else:
                literal = self._expansion(pieces, programs, quoted=True) and literal
        raise Unparsable("no closing double quote")

    def _expansion(self, pieces: list[str], programs: list[List], *, quoted: bool = False) -> bool:
        text, here = self.text, self.position
        following = text[here + 1 : here + 2]
        if text[here] == "`":
            programs.append(self._backquoted())
        elif text.startswith("$((", here) and self.skip_arithmetic(here + 1):
            pass
        elif following == "(":
            self.position = here + 2
            programs.append(self._program(here + 2))
        elif following == "{":
            self.position = here + 1
            self._balanced("{", "}", programs)
        elif following == "'" and not quoted:
            self.position = here + 2
            while self.position < len(text) and text[self.position] != "'":
                self.position += 2 if text[self.position] == "\\" else 1
            if self.position >= len(text):
                raise Unparsable("no closing single quote")
            self.position += 1
            pieces.append(text[here + 2 : self.position - 1])
            return True
        else:
            name = _NAME.match(text, here + 1)
            self.position = name.end() if name else here + 1
            if not name:
                pieces.append("$")
                return True
        pieces.append(text[here : self.position])
        return False

    def _program(self, start: int) -> List:
        program, self.position = self._nested(self, start)
        return program

    def _backquoted(self) -> List:
        start = self.position + 1
        position = start
        while position < len(self.text) and self.text[position] != "`":
            position += 2 if self.text[position] == "\\" else 1
        if position >= len(self.text):
            raise Unparsable("no closing backquote")
        inner = re.sub(r"\\([$`\\])", r"\1", self.text[start:position])
        self.position = position + 1
        program, end = self._nested(Tokens(f"{inner}\n)", self._nested, self.depth), 0)
        if end != len(inner) + 2:
            raise Unparsable("unexpected `)`")
        return program

    def _balanced(self, opening: str, closing: str, programs: list[List] | None = None) -> None:
        """Consume from `opening` here to its `closing`, minding quotes and expansions."""
        found = [] if programs is None else programs
        depth = 0
        while self.position < len(self.text):
            character = self.text[self.position]
            if character in "\"'\\$`":
                self.depth += 1
                if self.depth > MAX_DEPTH:
                    raise Unparsable(f"nested deeper than {MAX_DEPTH} levels")
                self._piece([], found)
                self.depth -= 1
                continue
            self.position += 1
            if character == opening:
                depth += 1
            elif character == closing:
                depth -= 1
                if not depth:
                    return
        raise Unparsable(f"no closing `{closing}`")

    def _find(self, what: str, start: int, name: str) -> int:
        found = self.text.find(what, start)
        if found < 0:
            raise Unparsable(f"no closing {name}")
        return found

    def _read_heredocs(self) -> None:
        pending, self._heredocs = self._heredocs, []
        for delimiter, strip_tabs in pending:
            while self.position < len(self.text):
                newline = self.text.find("\n", self.position)
                end = len(self.text) if newline < 0 else newline
                line = self.text[self.position : end].removesuffix("\r")
                self.position = min(end + 1, len(self.text))
                if (line.lstrip("\t") if strip_tabs else line) == delimiter:
                    break
