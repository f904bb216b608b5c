"""What an untagged or tagged scalar means to Kubernetes.

Kubernetes reads YAML with sigs.k8s.io/yaml, which is go-yaml v2 (resolve.go) followed by a trip
through JSON. That differs from YAML 1.1 and from PyYAML: `y` is a boolean, `12:30` a string, `1e3`
the integer 1000.
"""

from __future__ import annotations

import math
import re
import struct
from collections.abc import Hashable
from functools import lru_cache

from yaml.nodes import ScalarNode

Scalar = str | int | float | bool | None

_PREFIX = "tag:yaml.org,2002:"
MERGE_TAG = _PREFIX + "merge"
FLOAT_TAG = _PREFIX + "float"

_WORDS: dict[str, bool | None] = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL")),
    **dict.fromkeys(("y", "Y", "yes", "Yes", "YES"), True),
    **dict.fromkeys(("true", "True", "TRUE", "on", "On", "ON"), True),
    **dict.fromkeys(("n", "N", "no", "No", "NO"), False),
    **dict.fromkeys(("false", "False", "FALSE", "off", "Off", "OFF"), False),
}
_NON_FINITE = {
    **dict.fromkeys((".nan", ".NaN", ".NAN"), math.nan),
    **dict.fromkeys((".inf", ".Inf", ".INF", "+.inf", "+.Inf", "+.INF"), math.inf),
    **dict.fromkeys(("-.inf", "-.Inf", "-.INF"), -math.inf),
}

# go-yaml's yamlStyleFloat, and what strconv.ParseInt takes with base 0.
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?", re.ASCII)
_INT = re.compile(
    r"(?P<sign>[-+]?)(?:0[xX](?P<hex>[0-9a-fA-F]+)|0[bB](?P<bin>[01]+)"
    r"|0[oO]?(?P<oct>[0-7]+)|(?P<dec>0|[1-9][0-9]*))",
    re.ASCII,
)
# A number that begins with a point goes to strconv.ParseFloat with its underscores in place.
_POINT = re.compile(r"\.[0-9]+(_[0-9]+)*([eE][-+]?[0-9]+(_[0-9]+)*)?", re.ASCII)
_BASES = {"hex": 16, "bin": 2, "oct": 8, "dec": 10}
_INT64_MIN, _INT64_MAX, _UINT64_MAX = -(2**63), 2**63 - 1, 2**64 - 1
# More digits than any 64-bit number has in base 2: longer texts are never converted.
_MAX_DIGITS = 512
# Characters of a scalar up to which it is kept: a server may be sent any number of long ones.
_REMEMBERED = 256
# Patterns that few files need stay uncompiled: compiling is a good part of the start-up time.
_TIMESTAMP = (
    r"(?a)\d{4}-(1[0-2]|0?[1-9])-(3[01]|[12]\d|0?[1-9])"
    r"([Tt]\d{1,2}:\d{1,2}:\d{1,2}([.,]\d+)?(Z|[-+]\d\d:\d\d)"
    r"| \d{1,2}:\d{1,2}:\d{1,2}([.,]\d+)?)?"
)


class BadScalar(ValueError):
    """A scalar that Kubernetes refuses; the text says why."""


def plain_value(text: str) -> Scalar:
    """The value of a plain (unquoted), untagged scalar. Infinities and NaN are floats here."""
    if text in _WORDS:
        return _WORDS[text]
    first = text[0]
    if first in "0123456789+-":
        return _NON_FINITE[text] if text in _NON_FINITE else _number(text)
    if first == ".":
        if text in _NON_FINITE:
            return _NON_FINITE[text]
        if _POINT.fullmatch(text):
            return _finite(text.replace("_", ""), text)
    return text


def _number(text: str) -> Scalar:
    plain = text.replace("_", "")
    found = _INT.fullmatch(plain)
    if found:
        base = found.lastgroup or "dec"
        digits = found[base]
        if len(digits) <= _MAX_DIGITS:
            number = int(found["sign"] + digits, _BASES[base])
            # ParseInt takes signs, ParseUint takes none.
            if _INT64_MIN <= number <= (_INT64_MAX if found["sign"] else _UINT64_MAX):
                return number
    return _finite(plain, text) if _FLOAT.fullmatch(plain) else text


def _finite(digits: str, text: str) -> Scalar:
    """`digits` as a float, as an int where JSON would print one, as `text` where out of range."""
    number = float(digits)
    if math.isinf(number):
        return text
    return int(number) if number.is_integer() and abs(number) < 2**63 else number


def resolve_tag(
    kind: Hashable, value: str | None, implicit: tuple[bool, bool]
) -> tuple[Scalar] | str | None:
    """The tag for a node that has none: the value itself, wrapped in a tuple, for most scalars.

    Values that depend on where they stand (merge keys, infinities) get their tag's name instead;
    collections get None. Every distinct short scalar costs one look-up; long ones are not kept.
    """
    if value is not None and len(value) > _REMEMBERED:
        return _resolved(kind, value, implicit)
    return _remembered(kind, value, implicit)


def _resolved(
    kind: Hashable, value: str | None, implicit: tuple[bool, bool]
) -> tuple[Scalar] | str | None:
    if kind is not ScalarNode or value is None:
        return None
    if not implicit[0]:
        return (value,)
    if value == "<<":
        return MERGE_TAG
    if value in _NON_FINITE:
        return FLOAT_TAG
    return (plain_value(value),)


_remembered = lru_cache(16384)(_resolved)


def tagged_value(tag: str, text: str) -> Scalar:
    """The value of a scalar with an explicit tag, quoted or not; raises BadScalar.

    Tags that go-yaml does not know change nothing: the text is the value, as a string.
    """
    if not tag.startswith(_PREFIX):
        return text
    name = tag[len(_PREFIX) :]
    if name == "binary":
        return _binary(text)
    if name not in ("bool", "float", "int", "null", "timestamp"):
        return text
    value = _NON_FINITE[text] if text in _NON_FINITE else plain_value(text)
    kind = _kind(value, text)
    if kind == "int" and name == "float" and isinstance(value, int) and value <= _INT64_MAX:
        return value
    if kind != name:
        raise BadScalar(f"cannot decode {kind} `{_shorten(text)}` as {name}")
    return text if name == "timestamp" else value


def _kind(value: Scalar, text: str) -> str:
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "bool"
    if isinstance(value, str):
        return "timestamp" if re.fullmatch(_TIMESTAMP, text) else "str"
    if isinstance(value, float) or not _INT.fullmatch(text.replace("_", "")):
        return "float"
    return "int"


def _shorten(text: str) -> str:
    return text if len(text) <= 40 else text[:37] + "..."


def _binary(text: str) -> str:
    """Decoded base64 as Go's JSON prints it: every byte that is not UTF-8 as U+FFFD."""
    import base64
    import binascii

    try:
        packed = text.replace("\n", "").replace("\r", "").encode("ascii")
        if len(packed) % 4:  # Python takes padding that nothing asks for
            raise binascii.Error
        data = base64.b64decode(packed, validate=True)
    except (UnicodeEncodeError, binascii.Error):
        raise BadScalar("`!!binary` value holds invalid base64") from None
    return re.sub("[\udc80-\udcff]", "\ufffd", data.decode("utf-8", "surrogateescape"))


def key_text(key: Scalar, text: str) -> str:
    """The JSON member name a mapping key becomes (sigs.k8s.io/yaml); raises BadScalar.

    `text` is how the key is written: `1e7` is the integer 10000000 as a value, but not as a key.
    """
    if isinstance(key, str):
        return key
    if key is None:
        raise BadScalar("a mapping key is null")
    if isinstance(key, bool):
        return "true" if key else "false"
    if isinstance(key, float):
        return _float_key(key)
    if not _INT.fullmatch(plain := text.replace("_", "")):
        return _float_key(float(plain))
    if key > _INT64_MAX:
        raise BadScalar(f"the mapping key `{key}` is out of range")
    return str(key)


def _float_key(number: float) -> str:
    """A float as Go's strconv.FormatFloat(number, 'g', -1, 32) prints it."""
    if math.isnan(number):
        return ".nan"
    try:
        single: float = struct.unpack("f", struct.pack("f", number))[0]
    except OverflowError:
        single = math.copysign(math.inf, number)
    if math.isinf(single):
        return ".inf" if single > 0 else "-.inf"
    digits = next(
        text
        for text in (f"{single:.{places}e}" for places in range(9))
        if _reads_back(text, single)
    )
    mantissa, exponent = digits.split("e")
    power = int(exponent)
    if power < -4 or power >= 6:
        return f"{mantissa}e{power:+03d}"
    places = max(0, len(mantissa.replace("-", "").replace(".", "")) - 1 - power)
    return f"{float(digits):.{places}f}"


def _reads_back(text: str, single: float) -> bool:
    """True where `text` reads back as the single-precision number it was printed from."""
    back: float = struct.unpack("f", struct.pack("f", float(text)))[0]
    return back == single
