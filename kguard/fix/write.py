"""Values as YAML or JSON text, in the style of what stands around them."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from kguard.record import record
from kguard.source.resolve import plain_value

# Plain scalars that every YAML reader takes for one: no indicator, no `: `, no ` #`, no comma.
# What begins with a digit and holds a colon is a number in base 60 to readers of YAML 1.1.
_PLAIN = re.compile(r"(?!\d[\d:.]*:)[A-Za-z0-9_./](?:[A-Za-z0-9_./+%@:*-]*[A-Za-z0-9_./+%@*-])?")
_WORDS = re.compile(r"[A-Za-z0-9_.-]+(?: [A-Za-z0-9_.-]+)+")


@record
class Layout:
    """How a document is laid out: how far a mapping is indented below its key, and a list's dashes.

    `json` asks for text that is JSON too, `compact` for JSON without blanks.
    """

    step: int = 2
    dash: int = 2
    json: bool = False
    compact: bool = False

    @property
    def blank(self) -> str:
        """What stands behind a colon or comma."""
        return "" if self.compact else " "


def scalar(value: Any, layout: Layout, quote: str = "") -> str:
    """A scalar as text that Kubernetes reads as exactly this value.

    `quote` is the quotation mark a string is to have; without one it gets none where it can do so.
    """
    if not isinstance(value, str) or layout.json:
        return json.dumps(value, ensure_ascii=False)
    if quote == "'" and value.isprintable():
        return "'" + value.replace("'", "''") + "'"
    if quote != '"' and _is_plain(value):
        return value
    return json.dumps(value, ensure_ascii=not value.replace("\n", "").isprintable())


def _is_plain(text: str) -> bool:
    if not _PLAIN.fullmatch(text) and not _WORDS.fullmatch(text):
        return False
    return plain_value(text) is text


def inline(value: Any, layout: Layout) -> str:
    """A value on one line; collections in braces and brackets."""
    if isinstance(value, Mapping):
        pairs = (
            f"{scalar(key, layout)}:{layout.blank}{inline(item, layout)}"
            for key, item in value.items()
        )
        return "{" + f",{layout.blank}".join(pairs) + "}"
    if isinstance(value, list):
        return "[" + f",{layout.blank}".join(inline(item, layout) for item in value) + "]"
    return scalar(value, layout)


def is_filled(value: Any) -> bool:
    """Whether a value is a collection with something in it: block style gives it lines."""
    return isinstance(value, (Mapping, list)) and bool(value)


def block(value: Any, column: int, layout: Layout) -> list[str]:
    """The lines of a filled collection in block style, indented by `column` spaces."""
    indent = " " * column
    lines: list[str] = []
    if isinstance(value, Mapping):
        for key, item in value.items():
            lines += entry(key, item, column, layout)
        return lines
    for item in value:
        if is_filled(item):
            first, *rest = block(item, column + 2, layout)
            lines += [f"{indent}- {first.lstrip()}", *rest]
        else:
            lines.append(f"{indent}- {inline(item, layout)}")
    return lines


def entry(key: str, value: Any, column: int, layout: Layout) -> list[str]:
    """The lines of one key and its value in block style."""
    head = f"{' ' * column}{scalar(key, layout)}:"
    if not is_filled(value):
        return [f"{head} {inline(value, layout)}"]
    deeper = layout.step if isinstance(value, Mapping) else layout.dash
    return [head, *block(value, column + deeper, layout)]
