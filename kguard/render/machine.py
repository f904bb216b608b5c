"""Shared by the formats for machines: JSON layout, columns in UTF-16, text without surprises."""

from __future__ import annotations

import json
import re
from typing import Any

from kguard.model import Rendering

# json.dumps escapes C0 only. C1 holds 8-bit escape sequences, U+2028/9 end lines in JavaScript,
# bidirectional controls reorder a report on screen, and lone surrogates cannot be encoded at all.
_TROUBLE = re.compile("[\x7f-\x9f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")


def dumps(value: Any, depth: int, indent: int = 0) -> str:
    """JSON with the outer `depth` levels spread over lines and everything deeper on one line.

    One finding per line reads and diffs well, and costs a tenth of indenting everything.
    """
    return _TROUBLE.sub(lambda found: f"\\u{ord(found[0]):04x}", _layout(value, depth, indent))


def _layout(value: Any, depth: int, indent: int) -> str:
    if depth == 0 or not value or not isinstance(value, dict | list):
        return json.dumps(value, ensure_ascii=False)
    inner, outer = "\n" + "  " * (indent + 1), "\n" + "  " * indent
    if isinstance(value, dict):
        rows = [
            f"{json.dumps(key, ensure_ascii=False)}: {_layout(item, depth - 1, indent + 1)}"
            for key, item in value.items()
        ]
        return "{" + inner + ("," + inner).join(rows) + outer + "}"
    rows = [_layout(item, depth - 1, indent + 1) for item in value]
    return "[" + inner + ("," + inner).join(rows) + outer + "]"


def rendered(rendering: Rendering) -> dict[str, Any]:
    """Where something stands in a tool's output, as plain data."""
    return {
        "command": rendering.command,
        "line": rendering.span.line,
        "column": rendering.span.column,
        "certain": rendering.certain,
    }


def utf16_column(line: str, column: int) -> int:
    """A 1-based column in UTF-16 code units, from one in code points and the line's text."""
    before = line[: column - 1]
    if before.isascii():
        return column
    return column + sum(1 for char in before if char > "\uffff")
