"""Bytes to text, and offsets in that text to lines and columns.

Offsets count code points from the start of the file's text; lines and columns are made from them
alone, because libyaml also counts U+0085, U+2028 and U+2029 as line ends and editors do not.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from typing import Any

from kguard.model import Span
from kguard.record import record

_PRINTABLE = bytes([9, 10, *range(0x20, 0x7F)])
# Uncompiled, because only bad files need them and compiling costs start-up time.
_FORBIDDEN = "[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]"  # YAML 1.1 §5.1
_UNDECODED = "[\udc80-\udcff]"
_WIDE = (
    (b"\xff\xfe\0\0", "UTF-32"),
    (b"\0\0\xfe\xff", "UTF-32"),
    (b"\xff\xfe", "UTF-16"),
    (b"\xfe\xff", "UTF-16"),
)


@record
class ReadError:
    """Why a file or a document in it could not be read; 1-based line and column in the file."""

    line: int
    column: int
    message: str


@record
class Comment:
    """A comment: 1-based place of its `#`, its text without the `#`, stripped.

    `own_line` says that nothing but white space stands before it on its line.
    """

    line: int
    column: int
    text: str
    own_line: bool


class Unreadable(Exception):
    """Raised inside this package where a document cannot be read; `offset` is in its text."""

    def __init__(self, message: str, offset: int = 0) -> None:
        super().__init__(message)
        self.message = message
        self.offset = offset


def start_of(item: Any) -> int:
    """The offset at which a node or an event of the YAML parser begins."""
    offset: int = item.start_mark.index
    return offset


@record
class Decoded:
    """The text of a file, with `\\n` line ends and without the byte order mark.

    `damaged` says that bytes were not UTF-8; each is a lone surrogate here (`surrogateescape`).
    """

    text: str
    damaged: bool
    bom: bool
    crlf: bool


def decode(data: bytes) -> Decoded:
    """The text of `data`; raises Unreadable for UTF-16 and UTF-32."""
    for mark, name in _WIDE:
        if data.startswith(mark):
            raise Unreadable(f"the file is {name}, not UTF-8")
    if not data.translate(None, _PRINTABLE):
        return Decoded(data.decode("ascii"), False, False, False)
    damaged = False
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        damaged = True
        text = data.decode("utf-8", "surrogateescape")
    bom = text.startswith("\ufeff")
    if bom:
        text = text[1:]
    crlf = False
    if "\r" in text:
        crlf = "\r\n" in text
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    return Decoded(text, damaged, bom, crlf)


def forbid_bad_bytes(text: str) -> None:
    """Raise Unreadable at the first byte in `text` that was not UTF-8."""
    found = re.search(_UNDECODED, text)
    if found:
        byte = ord(found[0]) - 0xDC00
        raise Unreadable(f"invalid UTF-8: byte 0x{byte:02x}", found.start())


def forbidden_character(text: str) -> Unreadable:
    """The error for the first character of `text` that cannot stand in YAML."""
    found = re.search(_FORBIDDEN, text)
    code, offset = (ord(found[0]), found.start()) if found else (0, 0)
    name = "NUL byte" if code == 0 else f"control character U+{code:04X}"
    return Unreadable(f"{name} is not allowed in YAML", offset)


def displayable(text: str) -> str:
    """`text` with U+FFFD in place of bytes that were not UTF-8; offsets stay what they are."""
    return re.sub(_UNDECODED, "\ufffd", text)


class Lines:
    """Where the lines of a text begin. Built on first use."""

    __slots__ = ("_starts", "_text")

    def __init__(self, text: str) -> None:
        self._text = text
        self._starts: list[int] = []

    def position(self, offset: int) -> tuple[int, int]:
        """The 1-based line and column of an offset."""
        starts = self._line_starts()
        line = bisect_right(starts, min(offset, len(self._text)))
        return line, offset - starts[line - 1] + 1

    def span(self, start: int, end: int) -> Span:
        """The span from one offset to another."""
        return Span(*self.position(start), *self.position(end))

    def line(self, number: int) -> str:
        """The text of a 1-based line without its line end; empty where there is no such line."""
        starts = self._line_starts()
        if not 1 <= number <= len(starts):
            return ""
        end = starts[number] - 1 if number < len(starts) else len(self._text)
        return self._text[starts[number - 1] : end].rstrip("\n")

    def _line_starts(self) -> list[int]:
        if not self._starts:
            starts = [0]
            at = self._text.find("\n")
            while at >= 0:
                starts.append(at + 1)
                at = self._text.find("\n", at + 1)
            self._starts = starts
        return self._starts
