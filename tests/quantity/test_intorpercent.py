from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kguard.quantity.intorpercent import is_zero, scaled


@pytest.mark.parametrize(
    ("value", "total", "up", "down"),
    [
        (3, 10, 3, 3),
        (0, 10, 0, 0),
        (-1, 10, -1, -1),
        ("25%", 10, 3, 2),
        ("25%", 1, 1, 0),
        ("0%", 10, 0, 0),
        ("100%", 7, 7, 7),
        ("150%", 3, 5, 4),
        ("1%", 0, 0, 0),
        ("0025%", 10, 3, 2),
    ],
)
def test_scaled(value: int | str, total: int, up: int, down: int) -> None:
    assert up == scaled(value, total, round_up=True)
    assert down == scaled(value, total, round_up=False)


@pytest.mark.parametrize(
    "value",
    [
        "1",
        "",
        "%",
        "-5%",
        "+5%",
        "5 %",
        "5.5%",
        "5%\n",
        "\u0665%",
        "9" * 5000 + "%",
        "x",
        True,
        None,
        1.5,
    ],
    ids=lambda value: repr(value)[:20],
)
def test_neither_number_nor_percentage(value: str) -> None:
    with pytest.raises(ValueError, match=r"neither a whole number nor a percentage|out of range"):
        scaled(value, 10, round_up=True)
    with pytest.raises(ValueError, match=r"neither a whole number nor a percentage|out of range"):
        is_zero(value)


@pytest.mark.parametrize(
    ("value", "expected"), [(0, True), ("0%", True), ("00%", True), (1, False), ("1%", False)]
)
def test_is_zero(value: int | str, expected: bool) -> None:
    assert expected == is_zero(value)


@given(st.integers(0, 10**4), st.integers(0, 10**6))
def test_agrees_with_the_doubles_of_go(percent: int, total: int) -> None:
    exact = float(percent) * float(total) / 100
    assert math.ceil(exact) == scaled(f"{percent}%", total, round_up=True)
    assert math.floor(exact) == scaled(f"{percent}%", total, round_up=False)
