"""`IntOrString` fields such as maxUnavailable: a number of pods or a percentage of them.

Source: kubernetes/apimachinery, pkg/util/intstr/intstr.go (`GetScaledValueFromIntOrPercent`) and
pkg/util/validation/validation.go (`IsValidPercent`: digits and `%`, no sign, no space).
"""

from __future__ import annotations

import re
from functools import lru_cache

from kguard.quantity._go import atoi
from kguard.quantity._quote import quoted

_PERCENT = re.compile(r"([0-9]+)%")


def scaled(value: int | str, total: int, *, round_up: bool) -> int:
    """The count that `value` means out of `total`: an int as it is, a percentage scaled.

    The API server rounds up or down by field (maxSurge up, a Deployment's maxUnavailable down), so
    the caller says which. A quoted number (`"1"`) is no percentage and no number to the API.
    Raises ValueError for it and for any other text, bool or type.
    """
    percent = _percent(value)
    if percent is None:
        assert isinstance(value, int)
        return value
    product = percent * total
    return -(-product // 100) if round_up else product // 100


def is_zero(value: int | str) -> bool:
    """Whether `value` is 0 or 0 %, of any total. Raises ValueError as `scaled` does."""
    percent = _percent(value)
    return (value if percent is None else percent) == 0


def _percent(value: object) -> int | None:
    """The number before the `%`, or None for a plain int."""
    if isinstance(value, int) and not isinstance(value, bool):
        return None
    if not isinstance(value, str):
        raise ValueError("neither a whole number nor a percentage")
    return _remembered(value) if len(value) < _REMEMBERED else _number(value)


def _number(value: str) -> int:
    match = _PERCENT.fullmatch(value)
    if match is None:
        raise ValueError(f"{quoted(value)} is neither a whole number nor a percentage")
    percent = atoi(match[1])
    if percent is None:
        raise ValueError(f"{quoted(value)} is out of range")
    return percent


_REMEMBERED = 16
"""Characters up to which a percentage is remembered: it is nearly always `25%`."""

_remembered = lru_cache(maxsize=256)(_number)
