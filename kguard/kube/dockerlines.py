"""Dockerfile text → instructions with their places.

Follows BuildKit's reader (moby/buildkit, frontend/dockerfile/parser): parser directives before
everything else, comment lines that vanish inside a continued instruction, here-documents of RUN,
COPY and ADD, keywords in any case. Nothing here raises for any text.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from kguard.model import Span
from kguard.record import record
from kguard.words import nearest

KEYWORDS = frozenset(
    (
        "ADD",
        "ARG",
        "CMD",
        "COPY",
        "ENTRYPOINT",
        "ENV",
        "EXPOSE",
        "FROM",
        "HEALTHCHECK",
        "LABEL",
        "MAINTAINER",
        "ONBUILD",
        "RUN",
        "SHELL",
        "STOPSIGNAL",
        "USER",
        "VOLUME",
        "WORKDIR",
    )
)
_DIRECTIVE = re.compile(r"#[ \t]*([A-Za-z][A-Za-z0-9]*)[ \t]*=[ \t]*(.+?)[ \t]*\Z")
_DIRECTIVES = frozenset(("syntax", "escape", "check"))
_WORD = re.compile(r"(?:[^\s\"'\\]|\\.|\"(?:[^\"\\]|\\.)*\"|'[^']*')+")
_HEREDOC = re.compile(r"\d*<<(-?)([\"']?)([A-Za-z_][\w.-]*)\2\Z")
_FLAG = re.compile(r"--[A-Za-z][\w-]*(=\S*)?\Z")


@record
class Comment:
    """A comment line: place of its `#` (1-based) and its text, stripped."""

    line: int
    column: int
    text: str
    own_line: bool = True


@record
class Problem:
    """Something that cannot be read: place (1-based) and what is wrong with it."""

    line: int
    column: int
    message: str


@record
class Heredoc:
    """A here-document: what ends it, whether it is quoted (no substitution), its text."""

    delimiter: str
    quoted: bool
    text: str


@record
class Instruction:
    """One instruction. `value` is all behind keyword and flags, continuations joined.

    `keyword` is upper case; `line` to `end_line` are its lines. `span` covers the value on the
    line where it begins; `keyword_span` the keyword.
    """

    keyword: str
    value: str
    line: int
    end_line: int
    keyword_span: Span
    span: Span
    flags: tuple[str, ...] = ()
    heredocs: tuple[Heredoc, ...] = ()


@record(frozen=False)
class Lines:
    """What was read: instructions in order, comments, problems, the escape character."""

    instructions: list[Instruction]
    comments: list[Comment]
    problems: list[Problem]
    escape: str = "\\"


def read_lines(lines: list[str]) -> Lines:
    """The instructions of a Dockerfile given as lines without line ends."""
    found = Lines([], [], [])
    start = _directives(lines, found)
    number = start
    while number < len(lines):
        text = lines[number].strip()
        if text.startswith("#"):
            found.comments.append(_comment(lines[number], number))
        if not text or text.startswith("#"):
            number += 1
            continue
        number = _instruction(lines, number, found)
    return found


def _directives(lines: list[str], found: Lines) -> int:
    """Read the parser directives; returns the index of the first line that is none."""
    for number, line in enumerate(lines):
        match = _DIRECTIVE.match(line.strip())
        name = match.group(1).lower() if match else ""
        if match is None or name not in _DIRECTIVES:
            return number
        if name == "escape":
            if match.group(2) in ("\\", "`"):
                found.escape = match.group(2)
            else:
                message = f"the escape character is `{match.group(2)}`, not `\\` or a backquote"
                found.problems.append(Problem(number + 1, 1, message))
    return len(lines)


def _comment(line: str, number: int) -> Comment:
    at = line.index("#")
    return Comment(number + 1, at + 1, line[at + 1 :].strip())


def _instruction(lines: list[str], start: int, found: Lines) -> int:
    """Read the instruction that begins on line `start`; returns the index behind it."""
    pieces: list[tuple[int, int, str]] = []
    number, continued = start, True
    while continued and number < len(lines):
        line = lines[number]
        stripped = line.strip()
        if number > start and stripped.startswith("#"):
            found.comments.append(_comment(line, number))
        elif number == start or stripped:
            body, continued = _continued(line, found.escape)
            pieces.append((number, len(line) - len(line.lstrip()) if number == start else 0, body))
        number += 1
    _, offset, whole = pieces[0]
    first = whole[offset:]
    keyword = re.split(r"\s", first, maxsplit=1)[0]
    keyword_span = Span(start + 1, offset + 1, start + 1, offset + 1 + len(keyword))
    joined = first + "".join(body for _, _, body in pieces[1:])
    flags, value = _flags(joined[len(keyword) :])
    heredocs: tuple[Heredoc, ...] = ()
    if keyword.upper() in ("RUN", "COPY", "ADD"):
        number, heredocs = _heredocs(value, lines, number, found)
    at = _locate(pieces, offset + len(keyword), value)
    found.instructions.append(
        Instruction(
            keyword.upper(),
            value,
            start + 1,
            number,
            keyword_span,
            at or keyword_span,
            flags,
            heredocs,
        )
    )
    if keyword.upper() not in KEYWORDS:
        message = f"unknown instruction `{keyword[:40]}`{nearest(keyword.upper(), KEYWORDS)}"
        found.problems.append(Problem(start + 1, offset + 1, message))
    elif not value:
        message = f"`{keyword.upper()}` has no value"
        found.problems.append(Problem(start + 1, offset + 1, message))
    return number


def _continued(line: str, escape: str) -> tuple[str, bool]:
    """The line without its continuation character, and whether it had one."""
    body = line.rstrip(" \t")
    # Two escape characters are one that is escaped.
    if body.endswith(escape) and not body.endswith(escape * 2):
        return body[:-1], True
    return line, False


def _flags(text: str) -> tuple[tuple[str, ...], str]:
    """Leading `--name=value` words, and the rest."""
    flags: list[str] = []
    rest = text.strip()
    while True:
        word, _, behind = rest.partition(" ")
        if not _FLAG.match(word):
            return tuple(flags), rest
        flags.append(word)
        rest = behind.strip()


def _locate(pieces: list[tuple[int, int, str]], offset: int, value: str) -> Span | None:
    """Where the value begins, to the end of that line; None for an empty value.

    `offset` is where the keyword ends on the first line.
    """
    head = value.split(None, 1)[0] if value else ""
    for position, (number, _, body) in enumerate(pieces):
        at = body.find(head, offset if not position else 0) if head else -1
        if at >= 0:
            end = len(body.rstrip())
            return Span(number + 1, at + 1, number + 1, end + 1)
    return None


def _heredocs(
    value: str, lines: list[str], number: int, found: Lines
) -> tuple[int, tuple[Heredoc, ...]]:
    """Read the here-documents a value asks for, from line `number` on."""
    heredocs: list[Heredoc] = []
    for match in _heredoc_words(value):
        strip_tabs, quote, delimiter = match.groups()
        start = number
        body: list[str] = []
        while number < len(lines):
            line = lines[number].lstrip("\t") if strip_tabs else lines[number]
            number += 1
            if line == delimiter:
                break
            body.append(line)
        else:
            message = f"the here-document has no closing `{delimiter}`"
            found.problems.append(Problem(start or 1, 1, message))
            break
        heredocs.append(Heredoc(delimiter, bool(quote), "".join(line + "\n" for line in body)))
    return number, tuple(heredocs)


def _heredoc_words(value: str) -> Iterator[re.Match[str]]:
    # `RUN cat <<<x` and `RUN echo "a <<EOF b"` are none: it has to be a word of its own.
    for word in _WORD.findall(value):
        match = _HEREDOC.match(word)
        if match:
            yield match
