"""What a shell stays at: how long a `sleep` takes. The rest is tried with what it leads to."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kguard.shell.lasting import sleep_seconds

UNITS = {"": 1, "s": 1, "m": 60, "h": 3600, "d": 86400}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("5", 5),
        ("+5", 5),
        ("5s", 5),
        ("1.5m", 90),
        (".5", 0.5),
        ("5.", 5),
        ("2h", 7200),
        ("1d", 86400),
        ("1m 30s", 90),
        ("1e3", 1000),
        ("1e-1", 0.1),
        ("0.5 .25", 0.75),
        ("infinity", math.inf),
        ("+INF", math.inf),
        ("5 inf", math.inf),
    ],
)
def test_sleep(text: str, expected: float) -> None:
    assert sleep_seconds(text.split()) == expected


@pytest.mark.parametrize(
    "words",
    [
        [],
        [""],
        ["-5"],
        ["5", "x"],
        ["5ms"],
        ["5 s"],
        ["$WAIT"],
        ["--help"],
        ["."],
        ["s"],
        ["e3"],
        ["1e999"],
        ["1e-999"],
        ["0x10"],
        ["1_0"],
        ["٣"],
        ["9" * 300],
        ["infinity", "x"],
    ],
    ids=" ".join,
)
def test_bad_sleep(words: list[str]) -> None:
    assert sleep_seconds(words) is None


@given(
    st.lists(
        st.tuples(st.integers(0, 10**6), st.integers(0, 999), st.sampled_from([*UNITS])),
        min_size=1,
    )
)
def test_sleep_adds_up_its_arguments(words: list[tuple[int, int, str]]) -> None:
    """apply_suffix of coreutils' sleep.c multiplies each argument, main adds them up."""
    texts = [f"{whole}.{part:03}{unit}" for whole, part, unit in words]
    thousandths = sum((1000 * whole + part) * UNITS[unit] for whole, part, unit in words)
    assert sleep_seconds(texts) == pytest.approx(thousandths / 1000)
