"""Durations: Go's (`1h30m`), the two kinds Argo Workflows reads, and coreutils' `sleep`.

Sources: Go, time/format.go (`ParseDuration`); argo-workflows,
pkg/apis/workflow/v1alpha1/utils.go (`ParseStringToDuration`) and config/ttl.go (`TTL`); coreutils,
src/sleep.c. They differ: `1d` is fine for a TTL and for `sleep`, and no Go duration.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from kguard.quantity._go import MAX_INT64, atoi
from kguard.quantity._quote import quoted

if TYPE_CHECKING:
    from fractions import Fraction

MAX_LENGTH = 256
"""The longest text that is looked at, in characters. Go has no limit."""

SECOND = 10**9
"""Nanoseconds in a second."""

_GO_UNITS = {
    "ns": 1,
    "us": 10**3,
    "\N{MICRO SIGN}s": 10**3,
    "\N{GREEK SMALL LETTER MU}s": 10**3,
    "ms": 10**6,
    "s": SECOND,
    "m": 60 * SECOND,
    "h": 3600 * SECOND,
}
_PART = re.compile(r"([0-9]*)(?:\.([0-9]*))?([^.0-9]*)")


class DurationError(ValueError):
    """A text that is no duration. The text says why; `suggestion` is what was likely meant."""

    def __init__(self, message: str, suggestion: str | None = None) -> None:
        super().__init__(message)
        self.suggestion = suggestion


def parse_go_duration(text: str) -> int:
    """Nanoseconds, as Go's time.ParseDuration: a sign, then numbers with units, or a plain 0.

    Raises DurationError for other text and for what does not fit 64 bits.
    """
    if len(text) > MAX_LENGTH:
        raise DurationError(f"a duration is longer than {MAX_LENGTH} characters")
    negative = text.startswith("-")
    rest = text[1:] if text.startswith(("-", "+")) else text
    if rest == "0":
        return 0
    if not rest:
        raise DurationError("a duration is empty" if not text else f"{quoted(text)} has no number")
    total = 0
    position = 0
    while position < len(rest):
        part = _PART.match(rest, position)
        assert part is not None  # every piece of the pattern is optional
        total += _nanoseconds(text, *part.groups(""))
        if total > MAX_INT64 + 1:
            raise _overflow(text)
        position = part.end()
    if not negative and total > MAX_INT64:
        raise _overflow(text)
    return -total if negative else total


def _nanoseconds(text: str, whole: str, decimals: str, unit: str) -> int:
    if not whole and not decimals:
        raise DurationError(f"{quoted(text)} is no duration", suggest_go_duration(text))
    if not unit:
        raise DurationError(f"{quoted(text)} has no unit", suggest_go_duration(text))
    factor = _GO_UNITS.get(unit)
    if factor is None:
        if unit != unit.strip():
            raise DurationError(f"{quoted(text)} has a space in it", suggest_go_duration(text))
        raise DurationError(
            f"{quoted(text)} has the unknown unit {quoted(unit)}", suggest_go_duration(text)
        )
    return int(whole or "0") * factor + _part_of(decimals, factor)


def _part_of(decimals: str, factor: int) -> int:
    """The nanoseconds of a decimal part. In doubles, because Go's own result is a double's."""
    digits, scale = 0, 1.0
    for digit in decimals:
        if digits > MAX_INT64 // 10 or digits * 10 + int(digit) > MAX_INT64 + 1:
            break
        digits = digits * 10 + int(digit)
        scale *= 10
    return int(float(digits) * (factor / scale))


def parse_argo_duration(value: object) -> Fraction:
    """Seconds, as Argo's ParseStringToDuration: whole seconds or a Go duration.

    Read so: retryStrategy.backoff, template timeouts of suspend, podGC.deleteDelayDuration. An int
    is taken for the text it stands for, as `argo submit` does. Raises DurationError for anything
    else and where Argo's 64 bits would overflow unnoticed.
    """
    from fractions import Fraction

    if isinstance(value, str):
        seconds = atoi(value)
        if seconds is None:
            return Fraction(parse_go_duration(value), SECOND)
    elif isinstance(value, int) and not isinstance(value, bool):
        seconds = value
    else:
        raise DurationError("a duration is no text")
    if abs(seconds) * SECOND > MAX_INT64:
        raise DurationError("a duration is longer than 64 bits of nanoseconds")
    return Fraction(seconds)


_TTL = re.compile(r"([+-]?[0-9]+)([dhms])")
_TTL_UNITS = {"d": 86400, "h": 3600, "m": 60, "s": 1}


def parse_argo_ttl(value: object) -> int:
    """Seconds of a TTL in Argo's controller configuration: one whole number and one of `dhms`.

    An empty text and a bare 0 are zero; `1h30m`, `1.5h`, `30` and numbers that are not quoted are
    refused, and the controller exits. Raises DurationError, also where Argo's 64 bits would
    overflow unnoticed.
    """
    if not isinstance(value, str):
        number = isinstance(value, int) and not isinstance(value, bool) and abs(value) <= MAX_INT64
        raise DurationError("a TTL is no text", suggest_argo_ttl(str(value)) if number else None)
    if value in ("", "0", "+0", "-0"):
        return 0
    match = _TTL.fullmatch(value)
    if match is None:
        raise DurationError(f"{quoted(value)} is no TTL", suggest_argo_ttl(value))
    count = atoi(match[1])
    if count is None or abs(count) * _TTL_UNITS[match[2]] * SECOND > MAX_INT64:
        raise _overflow(value)
    return count * _TTL_UNITS[match[2]]


def _overflow(text: str) -> DurationError:
    return DurationError(f"{quoted(text)} is longer than 64 bits of nanoseconds")


# What people write, in lower case, and the nanoseconds they mean.
_MEANT = {
    **_GO_UNITS,
    **dict.fromkeys(("sec", "secs", "second", "seconds"), SECOND),
    **dict.fromkeys(("min", "mins", "minute", "minutes"), 60 * SECOND),
    **dict.fromkeys(("hr", "hrs", "hour", "hours"), 3600 * SECOND),
    **dict.fromkeys(("d", "day", "days"), 86400 * SECOND),
    **dict.fromkeys(("w", "week", "weeks"), 7 * 86400 * SECOND),
    **dict.fromkeys(("msec", "millis", "millisecond", "milliseconds"), 10**6),
    "": SECOND,
}
_WRITTEN = re.compile(r"([0-9]+)(?:\.([0-9]+))?[ \t]*([^\W\d_]*)")
_SEPARATOR = re.compile(r"(?:[ \t]*(?:,|and)?[ \t]+)?")


def suggest_go_duration(text: str) -> str | None:
    """The Go duration that `text` was likely meant to be (`1d` → `24h`, `5 m` → `5m`), or None.

    A bare number is taken for seconds. What is too long for Go has none.
    """
    parts = _written(text)
    if parts is None or abs(_meant(parts)) > MAX_INT64:
        return None
    if len(parts) == 1 and not parts[0][1]:
        suggestion = f"{parts[0][0]}s"
    elif all(unit in _GO_UNITS for _, unit in parts):
        suggestion = "".join(f"{number}{unit}" for number, unit in parts)
    else:
        suggestion = _go_text(_meant(parts))
    return suggestion if suggestion != text else None


def suggest_argo_ttl(text: str) -> str | None:
    """The TTL that `text` was likely meant to be (`1h30m` → `90m`), or None; one that is read."""
    parts = _written(text)
    if parts is None:
        return None
    seconds, rest = divmod(_meant(parts), SECOND)
    if rest or abs(seconds) * SECOND > MAX_INT64:
        return None
    unit = next(unit for unit, length in _TTL_UNITS.items() if seconds % length == 0)
    return f"{seconds // _TTL_UNITS[unit]}{unit}" if seconds else "0s"


def _written(text: str) -> list[tuple[str, str]] | None:
    """Numbers and units of a loosely written duration, or None where it is not even that."""
    if len(text) > MAX_LENGTH:
        return None
    loose = text.strip().lower()
    parts: list[tuple[str, str]] = []
    position = 0
    while position < len(loose):
        match = _WRITTEN.match(loose, position)
        if match is None or match[3] not in _MEANT or (not match[3] and parts):
            return None
        number = f"{match[1]}.{match[2]}" if match[2] else match[1]
        if len(number) > 18:
            return None
        parts.append((number, match[3]))
        gap = _SEPARATOR.match(loose, match.end())
        position = gap.end() if gap is not None else match.end()
    return parts or None


def _meant(parts: list[tuple[str, str]]) -> int:
    total = 0
    for number, unit in parts:
        whole, _, decimals = number.partition(".")
        total += int(whole + decimals) * _MEANT[unit] // 10 ** len(decimals)
    return total


def _go_text(nanoseconds: int) -> str:
    """A Go duration without empty parts: `24h`, `1h30m`, `1500ms`."""
    text = ""
    for unit in ("h", "m", "s", "ms", "us", "ns"):
        count, nanoseconds = divmod(nanoseconds, _GO_UNITS[unit])
        text += f"{count}{unit}" if count else ""
    return text or "0s"
