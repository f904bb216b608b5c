from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kguard.quantity.quantities import (
    QuantityError,
    format_cpu,
    format_memory,
    is_negative,
    parse_quantity,
    rough,
    stored_quantity,
    suffix_of,
    suggest_quantity,
)

FACTORS = {
    "n": Fraction(1, 10**9),
    "u": Fraction(1, 10**6),
    "m": Fraction(1, 10**3),
    "": Fraction(1),
    "k": Fraction(10**3),
    "M": Fraction(10**6),
    "G": Fraction(10**9),
    "T": Fraction(10**12),
    "P": Fraction(10**15),
    "E": Fraction(10**18),
    "Ki": Fraction(2**10),
    "Mi": Fraction(2**20),
    "Gi": Fraction(2**30),
    "Ti": Fraction(2**40),
    "Pi": Fraction(2**50),
    "Ei": Fraction(2**60),
    "e0": Fraction(1),
    "e3": Fraction(1000),
    "E-2": Fraction(1, 100),
    "e+1": Fraction(10),
}


# Every row was run through resource.Quantity.UnmarshalJSON of apimachinery v0.37, which agrees but
# for `0.1n`: it rounds while reading (`stored_quantity`).
@pytest.mark.parametrize(
    ("units", "suffix"),
    [
        ("b byte bytes B core cores cpu CPU cpus vcpu vCPUs", ""),
        ("mcpu mcore mcores millicore millicores milli", "m"),
        ("\N{MICRO SIGN} \N{GREEK SMALL LETTER MU}", "u"),
        ("ki KI kib KiB", "Ki"),
        ("mi MI mib MiB", "Mi"),
        ("gi gib GIB", "Gi"),
        ("mb MB Mb", "M"),
        ("gb GB g", "G"),
        ("kb K", "k"),
        ("tb", "T"),
        ("pb", "P"),
        ("eb", "E"),
    ],
)
def test_what_people_write_has_a_suffix_they_mean(units: str, suffix: str) -> None:
    assert {unit: suggest_quantity(f"5{unit}") for unit in units.split()} == dict.fromkeys(
        units.split(), f"5{suffix}"
    )


@pytest.mark.parametrize("text", ["5x", "5 e", "Mi", "5Mi", "1" * 257 + "mb", "5mib/s"])
def test_nothing_is_suggested_for_what_is_right_or_not_understood(text: str) -> None:
    assert suggest_quantity(text) is None


@pytest.mark.parametrize("text", ["1e999", "1e-999", "1" * 256])
def test_the_largest_that_is_read(text: str) -> None:
    assert parse_quantity(text) == Fraction(text)


@pytest.mark.parametrize("text", ["1e1000", "1e-1000", "1" * 257])
def test_what_is_larger_is_not(text: str) -> None:
    with pytest.raises(QuantityError):
        parse_quantity(text)


def test_a_rough_amount_is_a_float_whatever_its_size() -> None:
    assert rough(Fraction(1, 4)) == 0.25
    assert rough(Fraction(10**999)) == float("inf")
    assert rough(Fraction(-(10**999))) == float("-inf")


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("0", 0),
        ("500m", Fraction(1, 2)),
        ("1.5Gi", 1610612736),
        ("1e3", 1000),
        ("1.5e3", 1500),
        ("1E", 10**18),
        ("1E3", 1000),
        ("1.", 1),
        (".5", Fraction(1, 2)),
        ("-.5", Fraction(-1, 2)),
        ("+1k", 1000),
        ("  1Gi ", 2**30),
        ("\u00a01Gi", 2**30),
        ("+", 0),
        (".", 0),
        ("Gi", 0),
        ("e5", 0),
        ("0.1n", Fraction(1, 10**10)),
        (2, 2),
        (0.5, Fraction(1, 2)),
        (0.1, Fraction(1, 10)),
        (1e22, 10**22),
        (1e-05, Fraction(1, 10**5)),
        (2**70, 2**70),
        (-3, -3),
    ],
    ids=repr,
)
def test_value_is_read_exactly(value: object, expected: int | Fraction) -> None:
    assert expected == parse_quantity(value)


@pytest.mark.parametrize(
    ("value", "message", "suggestion"),
    [
        ("", "a quantity is empty", None),
        ("   ", "a quantity is empty", None),
        ("512MB", "`512MB` has the unknown suffix `MB`", "512M"),
        ("100K", "`100K` has the unknown suffix `K`", "100k"),
        ("1gb", "`1gb` has the unknown suffix `gb`", "1G"),
        ("2gi", "`2gi` has the unknown suffix `gi`", "2Gi"),
        ("2GiB", "`2GiB` has the unknown suffix `GiB`", "2Gi"),
        ("0.1mi", "`0.1mi` has the unknown suffix `mi`", "0.1Mi"),
        ("2cores", "`2cores` has the unknown suffix `cores`", "2"),
        ("5µ", "`5µ` has the unknown suffix `µ`", "5u"),
        ("1e", "`1e` has the unknown suffix `e`", None),
        ("1i", "`1i` has the unknown suffix `i`", None),
        ("1 Gi", "`1 Gi` has a space in it", "1Gi"),
        ("500 m", "`500 m` has a space in it", "500m"),
        ("1Gi\n", "`1Gi\\n` has a space in it", "1Gi"),
        ("1,5", "`1,5` cannot be read after `1`", "1.5"),
        ("1,500", "`1,500` cannot be read after `1`", None),
        ("1_000", "`1_000` cannot be read after `1`", "1000"),
        ("50%", "`50%` cannot be read after `50`", None),
        ("1.1.M", "`1.1.M` cannot be read after `1.1`", None),
        ("Infinity", "`Infinity` is no quantity", None),
        ("{{ .mem }}", "`{{ .mem }}` has a space in it", None),
        ("\uff11Gi", "`\uff11Gi` is no quantity", None),
        ("Pi", "`Pi` has no digits", None),
        ("e-10", "`e-10` has no digits", None),
        ("1e999999999", "the exponent of `1e999999999` is out of range", None),
        ("9" * 300, "a quantity is longer than 256 characters", None),
        (10**4000, "a number is out of range", None),
        (float("nan"), "nan is no quantity", None),
        (float("-inf"), "-inf is no quantity", None),
        (True, "a boolean is no quantity", None),
        (None, "null is no quantity", None),
        (["1"], "a list or mapping is no quantity", None),
        ("\x1b[31m`", "`\\x1b[31m'` is no quantity", None),
    ],
    ids=lambda value: repr(value)[:30],
)
def test_fault_is_named(value: object, message: str, suggestion: str | None) -> None:
    with pytest.raises(QuantityError) as caught:
        parse_quantity(value)
    assert message == str(caught.value)
    assert suggestion == caught.value.suggestion


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("0.1n", Fraction(1, 10**9)),
        ("-0.1n", Fraction(-1, 10**9)),
        ("1.0000000001", Fraction(10**9 + 1, 10**9)),
        ("20Ei", 2**63 - 1),
        ("-20Ei", 1 - 2**63),
        ("20E", 20 * 10**18),
        ("128974848000m", 128974848),
    ],
)
def test_what_the_api_server_keeps(value: str, expected: int | Fraction) -> None:
    assert expected == stored_quantity(value)


@pytest.mark.parametrize(
    ("value", "expected"), [("1Gi", "Gi"), ("5", ""), (5, ""), ("1e3", "e3"), (" 5m ", "m")]
)
def test_suffix(value: object, expected: str) -> None:
    assert expected == suffix_of(value)


@pytest.mark.parametrize(("value", "expected"), [("-1m", True), ("-0", False), ("1", False)])
def test_sign(value: str, expected: bool) -> None:
    assert expected == is_negative(value)


@pytest.mark.parametrize(
    ("amount", "expected"),
    [
        (0, "0"),
        (2**28, "256Mi"),
        (3 * 2**29, "1.5Gi"),
        (512 * 10**6, "512M"),
        (2**30 + 1, "1073741825"),
        (512, "512"),
        (-(2**30), "-1Gi"),
        (-3 * 2**29, "-1.5Gi"),
        (Fraction(1, 10), "100m"),
    ],
)
def test_memory_as_written(amount: int | Fraction, expected: str) -> None:
    assert expected == format_memory(Fraction(amount))


@pytest.mark.parametrize(
    ("amount", "expected"),
    [
        (2, "2"),
        (Fraction(1, 2), "500m"),
        (Fraction(3, 2), "1500m"),
        (Fraction(1, 10**6), "1u"),
        (Fraction(1, 10**9), "1n"),
        (Fraction(1, 3), "333333334n"),
        (Fraction(-1, 2), "-500m"),
    ],
)
def test_cores_as_written(amount: int | Fraction, expected: str) -> None:
    assert expected == format_cpu(Fraction(amount))


@given(
    sign=st.sampled_from(["", "+", "-"]),
    whole=st.from_regex(r"\A[0-9]{1,30}\Z"),
    decimals=st.from_regex(r"\A(\.[0-9]{0,30})?\Z"),
    suffix=st.sampled_from(sorted(FACTORS)),
)
def test_agrees_with_the_plain_model(sign: str, whole: str, decimals: str, suffix: str) -> None:
    number = Fraction(whole + (decimals if decimals != "." else ""))
    expected = number * FACTORS[suffix] * (-1 if sign == "-" else 1)
    assert expected == parse_quantity(sign + whole + decimals + suffix)


@given(st.text(max_size=300) | st.from_regex(r"[-+.0-9eEinumkKMGTP ]{0,12}", fullmatch=True))
def test_any_text_is_read_or_refused_with_a_suggestion_that_can_be_read(text: str) -> None:
    try:
        parse_quantity(text)
    except QuantityError as error:
        if error.suggestion is not None:
            parse_quantity(error.suggestion)


@given(st.integers(-(10**30), 10**30))
def test_writing_and_reading_loses_nothing_down_to_the_nano(nanos: int) -> None:
    amount = Fraction(nanos, 10**9)
    assert amount == parse_quantity(format_cpu(amount))
    assert amount == parse_quantity(format_memory(amount))


@given(st.integers(-(2**70), 2**70))
def test_whole_bytes_survive(count: int) -> None:
    assert count == parse_quantity(format_memory(Fraction(count)))


@given(st.fractions(), st.fractions())
def test_what_is_kept_is_the_next_nano_outwards(first: Fraction, second: Fraction) -> None:
    written = parse_quantity(format_cpu(first))
    assert 0 <= abs(written) - abs(first) < Fraction(1, 10**9)
    if abs(first) <= abs(second):
        assert abs(written) <= abs(parse_quantity(format_cpu(second)))
