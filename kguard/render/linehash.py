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
_END_OF_FILE = 0xFFFF
_BLANKS = re.compile("[ \t]+")
_LINE_END = re.compile("\r\n?")


def line_hashes(text: str, lines: Iterable[int]) -> dict[int, str]:
    """The fingerprint of each of the 1-based `lines` of a file with this text."""
    wanted = set(lines)
    units = _units(_BLANKS.sub("", _LINE_END.sub("\n", text)))
    found: dict[int, str] = {}
    # Windows rather than hashes are counted: equal windows are equal hashes, and slicing is fast.
    seen: Counter[tuple[int, ...]] = Counter()
    start, last = 0, max(wanted, default=0)
    for line in range(1, last + 1):
        if start >= len(units):
            break
        window = tuple(units[start : start + _WINDOW])
        seen[window] += 1
        if line in wanted:
            found[line] = f"{_hash(window):x}:{seen[window]}"
        try:
            start = units.index(0x0A, start) + 1
        except ValueError:
            break
    return found


def _units(text: str) -> list[int]:
    """UTF-16 code units and the mark of the end."""
    data = text.encode("utf-16-le", "surrogatepass")
    return [*memoryview(data).cast("H"), _END_OF_FILE]


def _hash(window: tuple[int, ...]) -> int:
    value = 0
    for unit in window:
        value = value * _FACTOR + unit & _MASK
    # At the end of a file the window is filled up with zeros.
    return value * pow(_FACTOR, _WINDOW - len(window), _MASK + 1) & _MASK
