"""What several of the imitated Go parsers share: white space and whole numbers."""

from __future__ import annotations

import re

SPACE = "\t\n\v\f\r \x85\xa0\u1680\u2028\u2029\u202f\u205f\u3000" + "".join(
    map(chr, range(0x2000, 0x200B))
)
"""The characters of Go's unicode.IsSpace. Python's str.isspace also has U+001C to U+001F."""

MAX_INT64 = 2**63 - 1

_INTEGER = re.compile(r"[+-]?0*[0-9]{1,19}")


def atoi(text: str) -> int | None:
    """A whole number of 64 bits as Go's strconv.Atoi reads it, ASCII digits only; else None.

    Looks at no more digits than fit, however long the text.
    """
    if not _INTEGER.fullmatch(text):
        return None
    sign = -1 if text[0] == "-" else 1
    number = sign * int(text.lstrip("+-").lstrip("0") or "0")
    return number if -MAX_INT64 - 1 <= number <= MAX_INT64 else None
