"""Sizes in bytes as Go's json.Marshal writes them, and of literals without their placeholders.

Source: Go, encoding/json (HTML escaping is on in Marshal: `<`, `>`, `&` become six bytes each, as
do U+2028 and U+2029).
"""

from __future__ import annotations

import json
import re
from typing import Any

_ENCODER = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), default=str)
_ESCAPED = 6
_UNCOMPRESSED, _SAMPLE = 100, 64 * 1024
_PLACEHOLDER = re.compile(r"\{\{[^{}]{0,200}\}\}|\$\{[^{}]{0,200}\}")


def json_bytes(value: Any) -> int:
    """How long compact JSON of a value is in UTF-8."""
    text = _compact(value)
    size = len(text.encode("utf-8", "replace"))
    size += (_ESCAPED - 1) * sum(text.count(character) for character in "<>&")
    if not text.isascii():
        size += (_ESCAPED - 3) * (text.count("\u2028") + text.count("\u2029"))
    return size


def _compact(value: Any) -> str:
    return _ENCODER.encode(value)


def literal_bytes(value: Any) -> int:
    """How long a literal is in UTF-8: a text as it stands, anything else as compact JSON.

    Placeholders in it count nothing: what they become is not known.
    """
    if value is None:
        return 0
    text = without_placeholders(as_text(value))
    return len(text) if text.isascii() else len(text.encode("utf-8", "replace"))


def as_text(value: Any) -> str:
    """A text as it stands, anything else as compact JSON."""
    return value if isinstance(value, str) else _compact(value)


def without_placeholders(text: str) -> str:
    """A text with nothing where its placeholders are."""
    return _PLACEHOLDER.sub("", text) if "{{" in text or "${" in text else text


def packed_bytes(value: Any) -> int:
    """About how much of a value is left by deflate, which joins what repeats.

    The first 64 KiB speak for all of it.
    """
    import zlib

    text = as_text(value)
    if len(text) < _UNCOMPRESSED:
        return len(text)
    sample = text[:_SAMPLE].encode("utf-8", "replace")
    return len(zlib.compress(sample, 6)) * len(text) // min(len(text), _SAMPLE)


def manifest_bytes(data: Any) -> int:
    """The size of an object as somebody writes it: without status and server-side bookkeeping."""
    kept = {key: value for key, value in data.items() if key != "status"}
    metadata = kept.get("metadata")
    if isinstance(metadata, dict) and "managedFields" in metadata:
        kept["metadata"] = {k: v for k, v in metadata.items() if k != "managedFields"}
    return json_bytes(kept)


def written(size: float) -> str:
    """A size as people read it: `131,072 bytes`, `1.5 MiB`."""
    if size < 10 * 1024:
        return f"{int(size):,} bytes"
    if size < 1024 * 1024:
        return f"{size / 1024:.0f} KiB"
    return f"{size / 1024 / 1024:.1f} MiB"
