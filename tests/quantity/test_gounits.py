"""Memory sizes against what go-units v0.4.0 answered when asked."""

from __future__ import annotations

import pytest

from kguard.quantity.gounits import MAX_LENGTH, SizeError, parse_ram_bytes

MIB = 1024**2

READ = {
    "512Mi": 512 * MIB,
    "512MiB": 512 * MIB,
    "512MB": 512 * MIB,
    "512M": 512 * MIB,
    "512m": 512 * MIB,
    "512 MiB": 512 * MIB,
    "512mi": 512 * MIB,
    "1.5G": 1610612736,
    "1.2gb": 1288490188,
    "0.1k": 102,
    "0.3k": 307,
    "1Pi": 1125899906842624,
    "1K": 1024,
    "4096 k": 4194304,
    "512": 512,
    "512b": 512,
    "512i": 512,
    "512IB": 512,
    "1 ": 1,
    "1024.7": 1024,
    "9007199254740993": 9007199254740992,
}


@pytest.mark.parametrize(("text", "expected"), READ.items(), ids=map(repr, READ))
def test_sizes_are_read_as_go_does(text: str, expected: int) -> None:
    assert parse_ram_bytes(text) == expected


REFUSED = [
    "",
    "1Ei",
    "1E",
    "1e3",
    "1.5.5G",
    ".5G",
    "5.G",
    "512  MiB",
    " 512MiB",
    "512MiB ",
    "-1M",
    "+1M",
    "1_000M",
    "GiB",
    "1\n",
    "\N{ARABIC-INDIC DIGIT THREE}M",
    "1,5G",
    "true",
    "99999999999P",
    "1" * (MAX_LENGTH + 1),
]


@pytest.mark.parametrize("text", REFUSED, ids=lambda text: repr(text)[:20])
def test_other_text_is_refused(text: str) -> None:
    with pytest.raises(SizeError):
        parse_ram_bytes(text)


SUGGESTIONS = {
    "1,5G": "1.5G",
    " 512MiB": "512MiB",
    "512  MiB": "512MiB",
    "1_000M": "1000M",
    "1Ei": None,
    "1.5.5G": None,
    "GiB": None,
}


@pytest.mark.parametrize(("text", "expected"), SUGGESTIONS.items(), ids=map(repr, SUGGESTIONS))
def test_what_was_likely_meant(text: str, expected: str | None) -> None:
    with pytest.raises(SizeError) as caught:
        parse_ram_bytes(text)
    assert caught.value.suggestion == expected
