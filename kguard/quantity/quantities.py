"""Kubernetes quantities: `500m`, `1.5Gi`, `1e3`, read and written without loss.

Source of the grammar: kubernetes/apimachinery, pkg/api/resource/quantity.go (`ParseQuantity`,
`UnmarshalJSON`) and suffix.go. What the Go code takes is taken here, also where its own comment
promises less: digits may be missing altogether (`Gi`, `.`, `-` are zero), and spaces around the
text are dropped. Two things are refused that Go takes: a text longer than 256 characters and an
exponent beyond ±999, because nothing sensible needs them and they make numbers of any size.
"""

from __future__ import annotations

import re
from fractions import Fraction
from functools import lru_cache

from kguard.quantity._go import MAX_INT64, SPACE
from kguard.quantity._quote import quoted

MAX_LENGTH = 256
MAX_EXPONENT = 999

NANO = Fraction(1, 10**9)
"""The smallest step a quantity can hold (`resource.Nano`)."""

_BINARY = {unit + "i": 1024**power for power, unit in enumerate("KMGTPE", start=1)}
_DECIMAL = {unit: 1000**power for power, unit in enumerate("kMGTPE", start=1)}
_SMALL = {unit: Fraction(1, 1000**power) for power, unit in enumerate("mun", start=1)}
_FACTORS: dict[str, int | Fraction] = {"": 1, **_BINARY, **_DECIMAL, **_SMALL}

_SHAPE = re.compile(r"([+-]?)([0-9]*)(?:\.([0-9]*))?(.*)", re.DOTALL)
_EXPONENT = re.compile(r"[eE]([+-]?[0-9]+)")

# What Go's strings.TrimSpace drops and a JSON encoder leaves as it is. Line ends and tabs stay:
# they reach the API server as `\n` and `\t` and are refused there.
_TRIMMED = "".join(set(SPACE) - set("\t\n\v\f\r\u2028\u2029"))


class QuantityError(ValueError):
    """A value that is no quantity. The text says why; `suggestion` is what was likely meant."""

    def __init__(self, message: str, suggestion: str | None = None) -> None:
        super().__init__(message)
        self.suggestion = suggestion


def parse_quantity(value: object) -> Fraction:
    """The exact amount that `value`, a scalar as YAML gives it, stands for.

    A number means its JSON text (`0.5`, `1e+22`), as for the API server. Raises QuantityError for
    anything that the API server would refuse, and for None, which it reads as zero. The sign is
    not judged (`is_negative`), and nothing is rounded (`stored_quantity`).
    """
    if type(value) is str:  # Nearly always, and dozens of times for an object.
        return _parse_text(value.strip(_TRIMMED))[0]
    return _parse(value)[0]


def stored_quantity(value: object) -> Fraction:
    """The amount the API server keeps: rounded to nano away from zero, `Ki`…`Ei` capped at 2^63-1.

    Raises QuantityError as `parse_quantity` does.
    """
    amount, suffix = _parse(value)
    amount = _round_to_nano(amount)
    if suffix in _BINARY and abs(amount) > MAX_INT64:
        return Fraction(MAX_INT64 if amount > 0 else -MAX_INT64)
    return amount


def is_below(amount: Fraction, bound: Fraction) -> bool:
    """Whether an amount is less than another, in a third of the time of Fraction's own operator."""
    return amount.numerator * bound.denominator < bound.numerator * amount.denominator


def rough(amount: Fraction) -> float:
    """A float near an amount or a ratio, to be shown; infinite where it is too large for one."""
    try:
        return amount.numerator / amount.denominator  # As float() does, which takes thrice as long.
    except OverflowError:
        return float("inf") if amount > 0 else float("-inf")


def times(ratio: Fraction) -> str:
    """A ratio as messages say it: `2.001`, `16,384`."""
    near = rough(ratio)
    return f"{near:,.0f}" if near >= 1000 else f"{near:.4g}"


def suffix_of(value: object) -> str:
    """The suffix of a quantity as written: `Mi`, `m`, `e3`, or empty. Raises QuantityError."""
    return _parse(value)[1]


def is_negative(value: object) -> bool:
    """Whether a quantity is below zero. Raises QuantityError."""
    return _parse(value)[0] < 0


def _parse(value: object) -> tuple[Fraction, str]:
    if isinstance(value, str):
        text = value.strip(_TRIMMED)
    elif isinstance(value, bool):
        raise QuantityError("a boolean is no quantity")
    elif isinstance(value, (int, float)):
        text = _json_text(value)
    elif value is None:
        raise QuantityError("null is no quantity")
    else:
        raise QuantityError("a list or mapping is no quantity")
    return _parse_text(text)


def _json_text(number: float) -> str:
    """A number as JSON writes it, up to notation."""
    if isinstance(number, int):
        if number.bit_length() > MAX_LENGTH * 3:
            raise QuantityError("a number is out of range")
        return str(number)
    if number != number or number in (float("inf"), float("-inf")):
        raise QuantityError(f"{number} is no quantity")
    return repr(number)


@lru_cache(maxsize=1024)  # Manifests repeat few amounts, and several policies ask for each.
def _parse_text(text: str) -> tuple[Fraction, str]:
    if not text:
        raise QuantityError("a quantity is empty")
    if len(text) > MAX_LENGTH:
        raise QuantityError(f"a quantity is longer than {MAX_LENGTH} characters")
    shape = _SHAPE.fullmatch(text)
    assert shape is not None  # every part of the pattern is optional
    sign, whole, decimals, suffix = shape.groups()
    digits = whole + (decimals or "")
    factor = _FACTORS.get(suffix)
    power = 0
    if factor is None:
        exponent = _EXPONENT.fullmatch(suffix)
        if exponent is None:
            raise _unreadable(text, digits, suffix)
        power = int(exponent[1])
        if abs(power) > MAX_EXPONENT:
            raise QuantityError(f"the exponent of {quoted(text)} is out of range")
        factor = 10**power if power >= 0 else Fraction(1, 10**-power)
    if not digits and (power < -9 or suffix in ("Pi", "Ei")):
        # Go reads these on its slow path, the one place that insists on a digit.
        raise QuantityError(f"{quoted(text)} has no digits")
    amount = Fraction(int(digits or "0"), 10 ** len(decimals or "")) * factor
    return (-amount if sign == "-" else amount), suffix


def _unreadable(text: str, digits: str, suffix: str) -> QuantityError:
    if suffix != suffix.strip() or " " in suffix:
        reason = f"{quoted(text)} has a space in it"
    elif not digits:
        reason = f"{quoted(text)} is no quantity"
    elif suffix.isalpha():
        reason = f"{quoted(text)} has the unknown suffix {quoted(suffix)}"
    else:
        reason = f"{quoted(text)} cannot be read after {quoted(text[: -len(suffix)])}"
    return QuantityError(reason, suggest_quantity(text))


# What people write, in lower case, and the suffix they mean.
_MEANT = {
    **{unit.lower(): unit for unit in _BINARY},
    **{unit.lower() + "b": unit for unit in _BINARY},
    # `m` alone is valid and never looked up here; `M` is too.
    **{unit.lower(): unit for unit in _DECIMAL if unit != "M"},
    **{unit.lower() + "b": unit for unit in _DECIMAL},
    **dict.fromkeys(("b", "byte", "bytes", "core", "cores", "cpu", "cpus", "vcpu", "vcpus"), ""),
    **dict.fromkeys(("mcpu", "mcore", "mcores", "millicore", "millicores", "milli"), "m"),
    **dict.fromkeys(("\N{MICRO SIGN}", "\N{GREEK SMALL LETTER MU}"), "u"),
}
del _MEANT["e"]  # `1e` is more likely an exponent cut short than an exabyte

_WRITTEN = re.compile(r"([+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+))([^\W\d_]*)")
_DECIMAL_COMMA = re.compile(r"([+-]?[0-9]+),([0-9]{1,2}|[0-9]{4,})([^0-9,.]*)")


def suggest_quantity(text: str) -> str | None:
    """The quantity that `text` was likely meant to be (`512MB` → `512M`), or None.

    A comma before three digits may be a decimal comma or a thousands separator: no guess.
    """
    if len(text) > MAX_LENGTH:
        return None
    plain = "".join(text.split()).replace("_", "").strip("'\"`")
    comma = _DECIMAL_COMMA.fullmatch(plain)
    if comma is not None:
        plain = f"{comma[1]}.{comma[2]}{comma[3]}"
    written = _WRITTEN.fullmatch(plain)
    if written is None:
        return None
    number, unit = written.groups()
    suffix = unit if unit in _FACTORS else _MEANT.get(unit.lower())
    if suffix is None or number + suffix == text:
        return None
    return number + suffix


def format_memory(amount: Fraction) -> str:
    """Bytes as people write them, always exact to the nano: `256Mi`, `1.5Gi`, `512M`, else bytes.

    Of the exact spellings with at most two decimals the shortest wins, binary before decimal.
    A part of a byte is written as `format_cpu` does, so the result can be parsed again.
    """
    if amount.denominator != 1:
        return format_cpu(amount)
    spellings = [
        f"{_decimal_text(amount / factor)}{unit}"
        for units in (_BINARY, _DECIMAL)
        for unit, factor in reversed(units.items())
        if abs(amount) >= factor and (amount / factor * 100).denominator == 1
    ]
    return min([*spellings, str(amount.numerator)], key=len)


def format_cpu(amount: Fraction) -> str:
    """Cores as the API server writes them: `2`, `1500m`, `1u`; rounded up to the nano."""
    amount = _round_to_nano(amount)
    for suffix, scale in (("", 1), ("m", 10**3), ("u", 10**6)):
        if (amount * scale).denominator == 1:
            return f"{(amount * scale).numerator}{suffix}"
    return f"{(amount / NANO).numerator}n"


def _round_to_nano(amount: Fraction) -> Fraction:
    """The next multiple of a nano, away from zero."""
    if 10**9 % amount.denominator == 0:
        return amount
    nanos = -(-abs(amount.numerator) * 10**9 // amount.denominator)
    return Fraction(-nanos if amount < 0 else nanos, 10**9)


def _decimal_text(amount: Fraction) -> str:
    """A fraction with at most two decimals, trailing zeros dropped."""
    sign = "-" if amount < 0 else ""
    whole, hundredths = divmod(abs(amount.numerator) * 100 // amount.denominator, 100)
    decimals = f".{hundredths:02}".rstrip("0").rstrip(".")
    return f"{sign}{whole}{decimals}"
