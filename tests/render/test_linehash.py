"""Fingerprints of lines, against the values github/codeql-action's own tests expect."""

from __future__ import annotations

import pytest

from kguard.render.linehash import line_hashes

HELLO = [
    "e9496ae3ebfced30:1",
    "fb7c023a8b9ccb3f:1",
    "ce8ba1a563dcdaca:1",
    "e20e36e16fcb0cc8:1",
    "b3edc88f2938467e:1",
    "c8e28b0b4002a3a0:1",
    "c129715d7a2bc9a3:1",
]
REPEATED = [
    *(f"a7f2ff13bc495cf2:{count}" for count in range(1, 7)),
    "a7f2ff1481e87703:1",
    "a9cf91f7bbf1862b:1",
    "55ec222b86bcae53:1",
    "cc97dc7b1d7d8f7b:1",
    "c129715d7a2bc9a3:1",
]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("", ["c129715d7a2bc9a3:1"], id="empty"),
        pytest.param(
            " a\nb\n  \t\tc\n d",
            ["271789c17abda88f:1", "54703d4cd895b18:1", "180aee12dab6264:1", "a23a3dc5e078b07b:1"],
            id="no newline at the end",
        ),
        pytest.param(
            " hello; \t\nworld!!!\n\n\n  \t\tGreetings\n End\n", HELLO, id="newline at the end"
        ),
        pytest.param(
            " hello; \t\r\nworld!!!\r\n\r\n\r\n  \t\tGreetings\r\n End\r\n", HELLO, id="crlf"
        ),
        pytest.param(" hello; \t\nworld!!!\r\r\r  \t\tGreetings\r End\r", HELLO, id="cr"),
        pytest.param("Lorem ipsum dolor sit amet.\n" * 10, REPEATED, id="repeated lines"),
    ],
)
def test_hashes_are_githubs(text: str, expected: list[str]) -> None:
    lines = range(1, len(expected) + 1)
    assert line_hashes(text, lines) == dict(zip(lines, expected, strict=True))


def test_a_character_beyond_the_basic_plane_counts_as_two() -> None:
    # JavaScript sees the surrogate pair, so both texts are the same to it.
    assert line_hashes("🚀", [1]) == line_hashes("\ud83d\ude80", [1])
    assert line_hashes("🚀", [1]) != line_hashes("\ufffd", [1])


def test_lines_that_are_not_there_have_none() -> None:
    assert line_hashes("a\nb", [2, 7]).keys() == {2}
