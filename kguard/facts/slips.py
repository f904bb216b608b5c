"""What a request or a limit was likely meant to be where the two are far apart."""

from __future__ import annotations

import re
from fractions import Fraction

NEAR = 8
"""How many times its limit a request may be for both to be meant in the units written.

A lost or wrong suffix changes an amount by a factor of 1000 at least: more than eightfold is left
of that unless the limit was meant to be above 125 times the request.
"""

_LEAST_BYTES = 4 * 1024**2
_LEAST_CPU = Fraction(1, 100)
_LARGE = re.compile(r"([0-9]+(?:[.][0-9]+)?)([GT])(i?)")
_SMALLER = {"G": "M", "T": "G"}


def request_meant(resource: str, text: object, value: Fraction, limit: Fraction) -> str:
    """The request with a suffix put right; empty where that comes to nothing likely.

    Of cpu, whole cores from ten on: few mean `2m` where they write `2`.
    """
    written = str(text)
    if resource == "cpu":
        lost = written.isdecimal() and value >= 1000 * _LEAST_CPU and value <= 1000 * NEAR * limit
        return f"{written}m" if lost else ""
    found = _LARGE.fullmatch(written)
    if found is None or not _counts_bytes(resource):
        return ""
    number, suffix, binary = found.groups()
    smaller = value / (1024 if binary else 1000)
    likely = _LEAST_BYTES <= smaller <= NEAR * limit
    return f"{number}{_SMALLER[suffix]}{binary}" if likely else ""


def limit_meant(resource: str, text: object, limit: Fraction) -> str:
    """The limit with a suffix put right where no program starts in it; empty where one does."""
    number = str(text).removesuffix("m")
    if not number.isdecimal() or limit <= 0:
        return ""
    if resource == "cpu":
        return number if limit < _LEAST_CPU else ""
    return f"{number}Mi" if _counts_bytes(resource) and limit < _LEAST_BYTES else ""


def _counts_bytes(resource: str) -> bool:
    return resource in ("memory", "ephemeral-storage") or resource.startswith("hugepages-")
