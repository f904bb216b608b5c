"""The comments of a file: what the YAML scanner skips between two tokens, nothing else.

A `#` inside a plain, quoted or block scalar is no comment.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from yaml import YAMLError
from yaml.tokens import ScalarToken

from kguard.source.parser import tokens
from kguard.source.split import Chunk
from kguard.source.text import Comment, Lines

# A `#` opens a comment at the beginning of a line or after white space.
_COMMENT = re.compile(r"(?:(?<=[\s\ufeff])|\A)#([^\n\x85\u2028\u2029]*)")
_BLOCK_HEADER = re.compile(r"[|>][-+0-9]*[ \t]+(#[^\n]*)")


def comments(text: str, chunks: Sequence[Chunk], lines: Lines) -> Iterator[Comment]:
    """The comments of a file cut into `chunks`, in order.

    Where a document cannot be scanned to its end, the lines after that point give those comments
    that stand on lines of their own or after white space: a best effort.
    """
    done = 0
    for chunk in [*chunks, None]:
        start = chunk.start if chunk else len(text)
        for found in _separator_comments(text, done, start):
            yield _comment(text, lines, *found)
        if chunk is None:
            return
        if "#" in text[chunk.start : chunk.end]:
            for found in _scan(text[chunk.start : chunk.end]):
                yield _comment(text, lines, chunk.start + found[0], found[1])
        done = chunk.end


def _comment(text: str, lines: Lines, at: int, content: str) -> Comment:
    line, column = lines.position(at)
    before = text[at - column + 1 : at]
    return Comment(line, column, content.strip(), not before.strip(" \t\ufeff"))


def _separator_comments(text: str, start: int, end: int) -> Iterator[tuple[int, str]]:
    """Comments on the `---` lines between two chunks, where `---#x` is one too."""
    for found in re.finditer(r"^---[ \t]*#([^\n]*)", text[start:end], re.MULTILINE):
        yield start + found.start(1) - 1, found[1]


def _scan(text: str) -> Iterator[tuple[int, str]]:
    """Offset and content of every comment in the text of one document."""
    done = 0
    try:
        for token in tokens(text):
            yield from _gap(text, done, token.start_mark.index)
            if isinstance(token, ScalarToken) and token.style in ("|", ">"):
                header = _BLOCK_HEADER.match(text, token.start_mark.index)
                if header:
                    yield header.start(1), header[1][1:]
            done = max(done, token.end_mark.index)
    except YAMLError:
        pass
    yield from _gap(text, done, len(text))


def _gap(text: str, start: int, end: int) -> Iterator[tuple[int, str]]:
    if start < end:
        for found in _COMMENT.finditer(text, start, end):
            yield found.start(), found[1]
