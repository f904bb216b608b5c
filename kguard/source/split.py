"""A file's text cut into the documents that kubectl would read.

Kubernetes cuts before it parses (apimachinery pkg/util/yaml/decoder.go, YAMLReader): every line
that begins with `---` separates, wherever it stands, and may hold nothing else but a comment.
"""

from __future__ import annotations

from collections.abc import Iterator

from kguard.record import record


@record
class Chunk:
    """The text between two separators: `start` and `end` offsets into the file, 1-based line.

    `separator` is the offset of the separator line above, -1 where there is none. `stray` is what
    that line holds besides the separator, where Kubernetes refuses it. `json` marks a JSON value.
    """

    start: int
    end: int
    line: int
    separator: int = -1
    stray: str = ""
    json: bool = False


def split(text: str, start: int = 0, line: int = 1) -> Iterator[Chunk]:
    """The chunks of `text` from `start` on; `line` is the line number there.

    Chunks without content are left out, unless their separator is refused.
    """
    separator, stray = -1, ""
    while True:
        end = _next_separator(text, start)
        if end > start or stray:
            yield Chunk(start, end, line, separator, stray)
        if end == len(text):
            return
        after = text.find("\n", end)
        after = len(text) if after < 0 else after
        rest = text[end + 3 : after].strip()
        separator, stray = end, "" if rest.startswith("#") else rest
        line += text.count("\n", start, after) + 1
        start = after + 1
        if start > len(text):
            start = len(text)
        if start == len(text):
            if stray:
                yield Chunk(start, start, line, separator, stray)
            return


def _next_separator(text: str, start: int) -> int:
    """The offset of the next separator line from `start` (a line's beginning), or of the end."""
    if text.startswith("---", start):
        return start
    found = text.find("\n---", start)
    return len(text) if found < 0 else found + 1
