"""The fingerprint GitHub gives a line, `primaryLocationLineHash`.

GitHub matches alerts of two uploads by this value alone, and its upload action warns about every
result whose value differs from its own (github/codeql-action, src/fingerprints.ts), so it has to
be the same: a polynomial hash over the 100 characters from the start of the line, blanks left out,
and how often the file has had this hash up to here.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable

_WINDOW = 100
_FACTOR = 37
_MASK = (1 << 64) - 1
_END_OF_FILE = "\uffff"
_BLANKS = re.compile("[ \t]+")
_LINE_END = re.compile("\r\n?")
_BEYOND_BMP = re.compile("[\U00010000-\U0010ffff]")


def line_hashes(text: str, lines: Iterable[int]) -> dict[int, str]:
    """The fingerprint of each of the 1-based `lines` of a file with this text."""
    wanted = set(lines)
    units = _code_units(_BLANKS.sub("", _LINE_END.sub("\n", text))) + _END_OF_FILE
    found: dict[int, str] = {}
    # Windows rather than hashes are counted: equal windows are equal hashes, and slicing is fast.
    seen: Counter[str] = Counter()
    start = 0
    for line in range(1, max(wanted, default=0) + 1):
        window = units[start : start + _WINDOW]
        seen[window] += 1
        if line in wanted:
            found[line] = f"{_hash(window):x}:{seen[window]}"
        start = units.find("\n", start) + 1
        if not start:
            break
    return found


def _code_units(text: str) -> str:
    """The text as JavaScript sees it: characters beyond U+FFFF as two surrogates."""

    def pair(found: re.Match[str]) -> str:
        high, low = divmod(ord(found[0]) - 0x10000, 0x400)
        return chr(0xD800 + high) + chr(0xDC00 + low)

    return _BEYOND_BMP.sub(pair, text)


def _hash(window: str) -> int:
    value = 0
    for unit in window:
        value = value * _FACTOR + ord(unit) & _MASK
    # At the end of a file the window is filled up with zeros.
    return value * pow(_FACTOR, _WINDOW - len(window), _MASK + 1) & _MASK
