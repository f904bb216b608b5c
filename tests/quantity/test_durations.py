from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kguard.quantity.durations import (
    DurationError,
    parse_argo_duration,
    parse_argo_ttl,
    parse_go_duration,
)

SECOND = 10**9
LARGEST = 2**63 - 1


# Every row was run through Go's time.ParseDuration.
@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("0", 0),
        ("-0", 0),
        ("5s", 5 * SECOND),
        ("1h30m", 5400 * SECOND),
        ("-1.5h", -5400 * SECOND),
        ("+.5s", SECOND // 2),
        ("1.s", SECOND),
        ("1µs", 1000),
        ("1μs", 1000),
        ("1us1ns", 1001),
        ("1ms", 10**6),
        ("0.3333333333333333333h", 1_200_000_000_000),
        ("9223372036854775807ns", LARGEST),
        ("-9223372036854775808ns", -LARGEST - 1),
        ("0.9223372036854775808h", 3320413933267),
    ],
)
def test_go_duration(text: str, expected: int) -> None:
    assert expected == parse_go_duration(text)


@pytest.mark.parametrize(
    ("text", "message", "suggestion"),
    [
        ("", "a duration is empty", None),
        ("-", "`-` has no number", None),
        ("10", "`10` has no unit", "10s"),
        ("10000000000", "`10000000000` has no unit", None),
        ("1d", "`1d` has the unknown unit `d`", "24h"),
        ("1d12h", "`1d12h` has the unknown unit `d`", "36h"),
        ("1.5d", "`1.5d` has the unknown unit `d`", "36h"),
        ("1w", "`1w` has the unknown unit `w`", "168h"),
        ("7 days", "`7 days` has a space in it", "168h"),
        ("5 m", "`5 m` has a space in it", "5m"),
        ("1h 30m", "`1h 30m` has a space in it", "1h30m"),
        ("5min", "`5min` has the unknown unit `min`", "5m"),
        ("5M", "`5M` has the unknown unit `M`", "5m"),
        (" 5m", "` 5m` is no duration", "5m"),
        (".s", "`.s` is no duration", None),
        ("1.2.3s", "`1.2.3s` has no unit", None),
        ("1y", "`1y` has the unknown unit `y`", None),
        ("{{x}}", "`{{x}}` is no duration", None),
        ("9223372036854775808ns", None, None),
        ("2562048h", None, None),
        ("9" * 200 + "h", None, None),
        ("1h" * 200, "a duration is longer than 256 characters", None),
    ],
    ids=lambda value: repr(value)[:30],
)
def test_bad_go_duration(text: str, message: str | None, suggestion: str | None) -> None:
    with pytest.raises(DurationError) as caught:
        parse_go_duration(text)
    if message is None:
        assert str(caught.value).endswith("is longer than 64 bits of nanoseconds")
    else:
        assert message == str(caught.value)
    assert suggestion == caught.value.suggestion


@pytest.mark.parametrize(
    ("value", "expected"),
    [("30", 30), ("+30", 30), ("-1", -1), (30, 30), ("1h30m", 5400), ("0.5s", Fraction(1, 2))],
)
def test_argo_duration(value: object, expected: int | Fraction) -> None:
    assert expected == parse_argo_duration(value)


@pytest.mark.parametrize(
    ("value", "suggestion"),
    [
        ("1d", "24h"),
        ("5 m", "5m"),
        ("1.5", "1.5s"),
        ("", None),
        (None, None),
        (True, None),
        ("99999999999", None),
        (10**5000, None),
    ],
    ids=lambda value: repr(value)[:20] if isinstance(value, str) else type(value).__name__,
)
def test_bad_argo_duration(value: object, suggestion: str | None) -> None:
    with pytest.raises(DurationError) as caught:
        parse_argo_duration(value)
    assert suggestion == caught.value.suggestion


@pytest.mark.parametrize(
    ("value", "expected"),
    [("30d", 2592000), ("2h", 7200), ("-5m", -300), ("+5s", 5), ("0s", 0), ("", 0), ("0", 0)],
)
def test_argo_ttl(value: str, expected: int) -> None:
    assert expected == parse_argo_ttl(value)


@pytest.mark.parametrize(
    ("value", "suggestion"),
    [
        ("1h30m", "90m"),
        ("1.5h", "90m"),
        ("30", "30s"),
        (30, "30s"),
        ("1w", "7d"),
        ("7 days", "7d"),
        ("500ms", None),
        ("d", None),
        ("1000000000d", None),
        ("9223372036", "9223372036s"),
        ("9223372037", None),
        (None, None),
        (1.5, None),
    ],
    ids=repr,
)
def test_bad_argo_ttl(value: object, suggestion: str | None) -> None:
    with pytest.raises(DurationError) as caught:
        parse_argo_ttl(value)
    assert suggestion == caught.value.suggestion


@given(
    st.booleans(),
    st.integers(0, 10**5),
    st.integers(0, 59),
    st.integers(0, 59),
    st.integers(0, 999),
)
def test_go_durations_add_up(
    negative: bool, hours: int, minutes: int, seconds: int, millis: int
) -> None:
    text = f"{'-' * negative}{hours}h{minutes}m{seconds}.{millis:03}s"
    expected = ((hours * 60 + minutes) * 60 + seconds) * SECOND + millis * 10**6
    assert (-expected if negative else expected) == parse_go_duration(text)


@pytest.mark.parametrize(
    "parse",
    [parse_go_duration, parse_argo_duration, parse_argo_ttl],
    ids=lambda parse: parse.__name__,
)
@given(text=st.text(max_size=300) | st.from_regex(r"[-+.0-9dhmsw ]{0,12}", fullmatch=True))
def test_any_text_is_read_or_refused_with_a_suggestion_that_can_be_read(
    parse: Callable[[str], object], text: str
) -> None:
    try:
        parse(text)
    except DurationError as error:
        if error.suggestion is not None:
            parse(error.suggestion)


@given(st.integers(-(10**9), 10**9), st.booleans())
def test_a_number_alone_counts_seconds_for_argo(seconds: int, text: bool) -> None:
    """ParseStringToDuration tries strconv.Atoi first, and Go's durations second."""
    assert seconds == parse_argo_duration(str(seconds) if text else seconds)


@given(st.integers(0, 10**4), st.integers(0, 59), st.sampled_from(["ms", "s", "m", "h"]))
def test_whatever_else_argo_takes_is_a_go_duration(whole: int, decimals: int, unit: str) -> None:
    text = f"{whole}.{decimals}{unit}"
    assert parse_argo_duration(text) * SECOND == parse_go_duration(text)
