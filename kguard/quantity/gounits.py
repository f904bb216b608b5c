"""Memory sizes as Docker's tools read them: `512MiB`, `1.5G`, `500m`, always in powers of 1024.

Source: docker/go-units v0.4.0, size.go (`RAMInBytes`), the version Drone's Kubernetes runner is
built with. Not the language of Kubernetes: `M`, `m`, `MB` and `MiB` all mean 1048576 bytes.
"""

from __future__ import annotations

import re

from kguard.quantity._go import MAX_INT64
from kguard.quantity._quote import quoted

MAX_LENGTH = 256
"""The longest text that is looked at, in characters. Go has no limit."""

_FACTORS = {unit: 1024**power for power, unit in enumerate(("", *"kmgtp"))}
_SHAPE = re.compile(r"([0-9]+(?:\.[0-9]+)*) ?([kmgtpKMGTP]?)[iI]?[bB]?")


class SizeError(ValueError):
    """A text that is no memory size. The text says why; `suggestion` is what was likely meant."""

    def __init__(self, message: str, suggestion: str | None = None) -> None:
        super().__init__(message)
        self.suggestion = suggestion


def parse_ram_bytes(text: str) -> int:
    """Bytes, as go-units' RAMInBytes: a decimal number, at most one space, a unit in any case.

    Raises SizeError for other text, and for what does not fit 64 bits (Go would give a negative
    number there).
    """
    if len(text) > MAX_LENGTH:
        raise SizeError(f"a size is longer than {MAX_LENGTH} characters")
    shape = _SHAPE.fullmatch(text)
    if shape is None or shape[1].count(".") > 1:
        raise SizeError(f"{quoted(text)} is no memory size", _suggestion(text))
    # A float on purpose: Go computes in float64, and the bytes must come out the same.
    size = float(shape[1]) * _FACTORS[shape[2].lower()]
    if size > MAX_INT64:
        raise SizeError(f"{quoted(text)} is out of range")
    return int(size)


def _suggestion(text: str) -> str | None:
    """The size that `text` was likely meant to be (`1,5 GiB` → `1.5GiB`), or None."""
    plain = "".join(text.split()).replace("_", "").replace(",", ".")
    shape = _SHAPE.fullmatch(plain)
    return plain if shape and shape[1].count(".") < 2 else None
