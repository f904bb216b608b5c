"""What Kubernetes refuses in a field, by its type and by what validation says of it.

Every fault is the words behind the field's name and what to do, or None.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from kguard.facts.quantities import is_placeholder
from kguard.facts.schema import names
from kguard.kube import schema
from kguard.kube.schema import Field
from kguard.model import Route, dig
from kguard.quantity.quantities import QuantityError, parse_quantity
from kguard.words import choices_hint

Said = tuple[str, str]

REFUSED = "Kubernetes refuses the object"

_BITS = {schema.INT32: 31, schema.INT64: 63}

# A value as people shorten it in messages.
_LONGEST = 40

# RFC 3339, as Go's time.Parse takes it (apimachinery pkg/apis/meta/v1/time.go).
_TIME = re.compile(r"\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]\d\d:\d\d)")
_BASE64 = re.compile(r"(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?")

# Scripts put values into texts in more ways than the rest of kguard has to know.
_FILLED_IN = re.compile(r"\$\w|\$\(|<%|\[\[|%\w+%|@@|#\{")


def is_filled_in(value: Any) -> bool:
    """Whether a text, or a part of it, may be something else when Kubernetes reads it."""
    return is_placeholder(value) or (isinstance(value, str) and bool(_FILLED_IN.search(value)))


def no_list(value: Any) -> Said | None:
    """The fault of something else where a list belongs."""
    if is_filled_in(value):
        return None
    return f"is {_called(value)}, and a list belongs there", f"{REFUSED}; write `- ` before items"


def no_mapping(value: Any) -> Said | None:
    """The fault of something else where a mapping belongs."""
    if is_filled_in(value):
        return None
    return f"is {_called(value)}, and a mapping of keys and values belongs there", REFUSED


def fits(field: Field, value: Any, minor: int) -> bool:
    """Whether a value is for certain one that the field takes: a look at what most fields hold."""
    inner, kind = field.inner, type(value)
    if field.around:
        if inner != schema.STRING or field.choices:
            return False
        items = value if kind is list else value.values() if kind is dict else (None,)
        return (field.around == "[]") is (kind is list) and all(type(each) is str for each in items)
    if kind is str and inner == schema.STRING:
        if not field.choices:
            return value != "" or not field.required
        span = field.choices.get(value)
        return span is not None and span.since <= minor
    if kind is bool:
        return inner == schema.BOOLEAN
    wanted = (schema.INT32, schema.INT64, schema.INT_OR_STRING)
    return kind is int and inner in wanted and -_FITS <= value < _FITS


_FITS = 1 << 31


def scalar_fault(field: Field, value: Any, minor: int) -> Said | None:
    """The fault of a value where a single one belongs; numbers for strings are judged elsewhere."""
    if is_filled_in(value):
        return None
    if value == [] and field.inner == schema.BYTES:
        return None  # Go reads bytes from a list of numbers too.
    if isinstance(value, (list, dict)):
        return f"is {_called(value)}, and {_WANTED[field.inner]} belongs there", REFUSED
    if value == "" and field.required and not field.around and field.inner == schema.STRING:
        return "is empty, and Kubernetes wants something there", REFUSED
    fault = _FAULTS[field.inner](value, field.inner)
    if fault is None and field.choices and isinstance(value, str) and value:
        return _choice(field, value, minor)
    return fault


def _choice(field: Field, value: str, minor: int) -> Said | None:
    span = field.choices.get(value)
    if span is None:
        known = [word for word, during in field.choices.items() if during.holds(minor)]
        return f"is `{_short(value)}`, which is no choice{choices_hint(value, known)}", REFUSED
    if minor < span.since:
        return f"is `{value}`, which came with Kubernetes 1.{span.since}", REFUSED
    return None


def _whole(value: Any, inner: str) -> Said | None:
    if isinstance(value, str):
        number = value.lstrip("+-").isdigit()
        help = f"{REFUSED}; write it without quotes" if number else REFUSED
        return f"is the string `{_short(value)}`, and only a number can stand there", help
    if isinstance(value, bool):
        return f"is the boolean `{str(value).lower()}`, and only a number can stand there", REFUSED
    if value != value or value in (float("inf"), float("-inf")) or value != int(value):
        return f"is `{value}`, and only a whole number can stand there", REFUSED
    bits = _BITS[inner]
    if not -(1 << bits) <= value < 1 << bits:
        return f"is `{_short(str(value))}`, which does not fit into {bits + 1} bits", REFUSED
    return None


def _number(value: Any, inner: str) -> Said | None:
    if isinstance(value, (str, bool)):
        return f"is {_called(value)}, and only a number can stand there", REFUSED
    return None


def _boolean(value: Any, inner: str) -> Said | None:
    if isinstance(value, bool):
        return None
    help = REFUSED
    if isinstance(value, str) and value.lower() in ("true", "false", "yes", "no", "on", "off"):
        help = f"{REFUSED}; write it without quotes"
    return f"is {_called(value)}, and only `true` or `false` can stand there", help


def _string(value: Any, inner: str) -> Said | None:
    return None


def _quantity(value: Any, inner: str) -> Said | None:
    try:
        parse_quantity(value)
    except QuantityError as error:
        return f"is no quantity: {str(error).removesuffix(' is no quantity')}", REFUSED
    return None


def _time(value: Any, inner: str) -> Said | None:
    if isinstance(value, str) and _TIME.fullmatch(value):
        return None
    return "is no time as in `2030-01-31T12:00:00Z`", REFUSED


def _int_or_string(value: Any, inner: str) -> Said | None:
    if isinstance(value, bool):
        return _whole(value, schema.INT32)
    return None if isinstance(value, str) else _whole(value, schema.INT32)


def _bytes(value: Any, inner: str) -> Said | None:
    # The value may be a secret: never shown.
    if isinstance(value, str):
        text = value.replace("\n", "").replace("\r", "")
        if _BASE64.fullmatch(text):
            return None
        return "is not base64", f"{REFUSED}; in a Secret `stringData` takes the text as it is"
    return "is no string, and only base64 can stand there", REFUSED


_FAULTS: Mapping[str, Callable[[Any, str], Said | None]] = {
    schema.STRING: _string,
    schema.INT32: _whole,
    schema.INT64: _whole,
    schema.BOOLEAN: _boolean,
    schema.NUMBER: _number,
    schema.BYTES: _bytes,
    schema.QUANTITY: _quantity,
    schema.TIME: _time,
    schema.MICRO_TIME: _time,
    schema.INT_OR_STRING: _int_or_string,
}

_WANTED = {
    schema.STRING: "a string",
    schema.INT32: "a number",
    schema.INT64: "a number",
    schema.BOOLEAN: "`true` or `false`",
    schema.NUMBER: "a number",
    schema.BYTES: "base64",
    schema.QUANTITY: "a quantity",
    schema.TIME: "a time",
    schema.MICRO_TIME: "a time",
    schema.INT_OR_STRING: "a number or a string",
}


def _called(value: Any) -> str:
    if isinstance(value, list):
        return "a list"
    if isinstance(value, Mapping):
        return "a mapping"
    if isinstance(value, bool):
        return f"the boolean `{str(value).lower()}`"
    return f"the {'string' if isinstance(value, str) else 'number'} `{_short(str(value))}`"


def _short(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= _LONGEST else f"{line[: _LONGEST - 1]}…"


_TAKEN = {True: "`y`, `yes` and `on` for `true`", False: "`n`, `no` and `off` for `false`"}


def why_quotes(value: Any, keys: Route) -> str:
    """What YAML reads as booleans, in brackets, where it may have read a value or a key so."""
    read = [each == "true" for each in keys if each in ("true", "false")]
    if not isinstance(value, bool):
        return f" (YAML takes {_TAKEN[read[-1]]} in keys)" if read else ""
    also = ", in keys too" if read else ""
    return f" (YAML takes {_TAKEN[value]}{also})"


def format_faults(struct: str, key: str, value: Any) -> Iterator[tuple[Route, Said]]:
    """What is wrong with the form of a field's value, with the keys below it."""
    judge = names.FORMATS.get((struct, key))
    if judge is None:
        return
    for keys, fault in judge(value):
        if not is_filled_in(dig(value, *keys) if keys else value):
            yield keys, (fault, REFUSED)


def key_faults(struct: str, key: str, value: Any) -> Iterator[tuple[Route, Said]]:
    """What is wrong with the form of the keys in a field's value, whatever stands behind them."""
    judge = names.KEYS.get((struct, key))
    for keys, fault in judge(value) if judge is not None else ():
        if not any(is_filled_in(key) for key in keys):
            yield keys, (fault, REFUSED)


# Lists in which Kubernetes refuses a second item with the same values of these keys, and what an
# absent one counts as (core validation.go: ValidateVolumes, validateContainers, ValidateService,
# ValidateVolumeMounts, validateContainerPorts, ValidatePodSpec).
_UNIQUE: Mapping[tuple[str, str], tuple[tuple[tuple[str, Any], ...], ...]] = {
    ("PodSpec", "containers"): ((("name", None),),),
    ("PodSpec", "initContainers"): ((("name", None),),),
    ("PodSpec", "volumes"): ((("name", None),),),
    ("PodSpec", "resourceClaims"): ((("name", None),),),
    ("PodSpec", "schedulingGates"): ((("name", None),),),
    ("PodSpec", "topologySpreadConstraints"): (
        (("topologyKey", None), ("whenUnsatisfiable", None)),
    ),
    ("Container", "volumeMounts"): ((("mountPath", None),),),
    ("Container", "volumeDevices"): ((("devicePath", None),),),
    ("Container", "ports"): ((("name", None),),),
    ("MutatingWebhookConfiguration", "webhooks"): ((("name", None),),),
    ("ValidatingWebhookConfiguration", "webhooks"): ((("name", None),),),
    ("ServiceSpec", "ports"): (
        (("name", None),),
        (("port", None), ("protocol", "TCP")),
    ),
}


def has_form(struct: str, key: str) -> bool:
    """Whether a field has a prescribed form, or items that may not repeat."""
    place = (struct, key)
    return place in names.FORMATS or place in names.KEYS or place in _UNIQUE


def repeated(struct: str, key: str, items: list[Any]) -> Iterator[tuple[int, int, str]]:
    """The items of a list that repeat one before: their number, that one's, the keys in words."""
    for keys in _UNIQUE.get((struct, key), ()):
        seen: dict[tuple[Any, ...], int] = {}
        for number, item in enumerate(items):
            if not isinstance(item, Mapping):
                continue
            found = tuple(item.get(name, default) for name, default in keys)
            if any(not isinstance(each, (str, int)) or is_filled_in(each) for each in found):
                continue
            if found in seen:
                yield number, seen[found], " and ".join(f"`{name}`" for name, _ in keys)
            else:
                seen[found] = number
