"""JSON is read and written as by Python's own json, only faster."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kguard.webhook import wire

TEXTS = st.text() | st.sampled_from(["\x7f", "\ud800", "\u2028", "é", '"', "\\"])
VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | TEXTS,
    lambda values: st.lists(values, max_size=4) | st.dictionaries(TEXTS, values, max_size=4),
    max_leaves=12,
)


def as_read(value: Any) -> Any:
    """Whole numbers beyond 64 bits become floats, as the API server reads them."""
    if isinstance(value, dict):
        return {key: as_read(each) for key, each in value.items()}
    if isinstance(value, list):
        return [as_read(each) for each in value]
    beyond = type(value) is int and not -(2**63) <= value < 2**64
    return float(value) if beyond else value


@given(VALUES)
def test_what_is_written_says_the_same_in_printable_ascii(value: Any) -> None:
    said = wire.dumps(value)
    assert json.loads(said) == value
    assert said.decode("ascii").isprintable()


@given(VALUES)
def test_what_is_read_is_what_json_reads(value: Any) -> None:
    text = json.dumps(value)
    found = wire.loads(text.encode())
    assert found in (as_read(value), value)
    assert repr(found) in (repr(as_read(json.loads(text))), repr(json.loads(text)))


@pytest.mark.parametrize(
    "text",
    ["", "{", '{"a":1,}', "[01]", "[1e]", '["\t"]', "[true]]", "{'a': 1}", "[+1]"],
)
def test_what_is_no_json_is_refused_in_the_words_of_json(text: str) -> None:
    with pytest.raises(json.JSONDecodeError) as expected:
        json.loads(text.encode().decode("utf-8"))
    with pytest.raises(json.JSONDecodeError) as found:
        wire.loads(text.encode())
    assert (found.value.msg, found.value.pos) == (expected.value.msg, expected.value.pos)


@pytest.mark.parametrize("text", ["NaN", "[Infinity]", "-Infinity", "1e999", '{"a": -1e999}'])
def test_numbers_that_are_none_are_refused(text: str) -> None:
    with pytest.raises(wire.NotFinite):
        wire.loads(text.encode())


def test_of_a_key_written_twice_the_last_counts() -> None:
    assert wire.loads(b'{"a": 1, "b": 2, "a": 3}') == {"a": 3, "b": 2}


def test_text_that_is_not_utf_8_is_refused() -> None:
    with pytest.raises(UnicodeDecodeError):
        wire.loads(b'{"a": "\xff"}')
