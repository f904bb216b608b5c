"""Carets under what they mean, in whatever a line holds."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kguard.model import Span
from kguard.render.frame import fit, frame
from kguard.term import Style


def columns(text: str) -> int:
    """Terminal columns of a text, counted apart from the code under test."""

    def taken(char: str) -> int:
        joins = unicodedata.category(char) in ("Mn", "Me") or 0x1160 <= ord(char) < 0x1200
        return 0 if joins else 2 if unicodedata.east_asian_width(char) in "WF" else 1

    return sum(map(taken, text))


def pointed_at(text: str, start: int, end: int, width: int = 120) -> str:
    """What stands above the carets."""
    shown, indent, carets = fit(text, start, end, width)
    above, at, inside = "", 0, False
    for char in shown:
        if columns(char):  # Combining marks belong to the character before them.
            inside = indent <= at < indent + carets
        above += char if inside else ""
        at += columns(char)
    return above


@pytest.mark.parametrize(
    ("text", "word", "expected"),
    [
        pytest.param("  - name: web", "name", "name", id="ascii"),
        pytest.param("a:\tweb", "web", "web", id="after a tab"),
        pytest.param("\t\tweb", "\t", "    ", id="a tab itself"),
        pytest.param("山田: web", "web", "web", id="after wide characters"),
        pytest.param("a: 山田", "山田", "山田", id="wide characters"),
        pytest.param("🚀🚀 web", "web", "web", id="after emoji"),
        pytest.param("e\u0301e\u0301: web", "web", "web", id="after combining marks"),
        pytest.param("\x1b[31m web", "web", "web", id="after an escape sequence"),
        pytest.param("a\u202eb", "\u202e", "\\u202e", id="a bidirectional control"),
        pytest.param("\U000e0041x", "x", "x", id="after a tag character"),
        pytest.param("\u3000a: b", "a", "a", id="after an ideographic space"),
    ],
)
def test_carets_stand_under_the_span(text: str, word: str, expected: str) -> None:
    start = text.index(word) + 1
    assert pointed_at(text, start, start + len(word)) == expected


@pytest.mark.parametrize("width", [40, 41, 80])
@pytest.mark.parametrize("filler", ["x", "山", "\t", "e\u0301", "\x00"])
@pytest.mark.parametrize(("before", "after"), [(0, 500), (500, 0), (500, 500), (30, 5), (5, 30)])
def test_a_long_line_is_cut_around_the_span(
    width: int, filler: str, before: int, after: int
) -> None:
    text = filler * before + "HERE" + filler * after
    start = before * len(filler) + 1
    assert pointed_at(text, start, start + 4, width) == "HERE"
    shown = fit(text, start, start + 4, width)[0]
    assert columns(shown) <= width
    assert columns(shown) >= min(width - 6, before + after)  # Room is used, not wasted.


def test_a_line_of_megabytes_costs_no_more_than_what_is_shown() -> None:
    text = "x" * 50_000_000 + "HERE" + "x" * 50_000_000
    assert pointed_at(text, 50_000_001, 50_000_005) == "HERE"


@pytest.mark.parametrize(
    ("start", "end"),
    [
        pytest.param(4, 4, id="empty span"),
        pytest.param(5, 6, id="behind the end of the line"),
        pytest.param(99, 120, id="far behind the end of the line"),
        pytest.param(1, 99, id="longer than the line"),
    ],
)
def test_there_is_always_a_caret_within_reach(start: int, end: int) -> None:
    shown, indent, carets = fit("name", start, end)
    assert carets >= 1
    assert indent + carets <= len(shown) + 1


@given(st.text(max_size=300), st.integers(1, 310), st.integers(0, 310), st.integers(40, 130))
def test_no_text_breaks_the_frame(text: str, start: int, length: int, width: int) -> None:
    shown, indent, carets = fit(text, start, start + length, width)
    assert shown == "" or shown.replace("\u3000", " ").isprintable()
    assert columns(shown) <= width
    assert 0 <= indent <= width
    assert 1 <= carets <= width


@pytest.mark.parametrize(
    ("line", "label", "expected"),
    [
        pytest.param(7, "", ["  |", "7 | a: b", "  |    ^"], id="one digit"),
        pytest.param(120, "here", ["    |", "120 | a: b", "    |    ^ here"], id="three digits"),
    ],
)
def test_the_gutter_fits_the_line_number(line: int, label: str, expected: list[str]) -> None:
    assert list(frame("a: b", Span(line, 4, line, 5), label, Style(), "error")) == expected


def test_a_span_of_many_lines_is_marked_to_the_end_of_its_first() -> None:
    lines = list(frame("RUN one \\", Span(3, 1, 5, 4), "", Style(), "note"))
    assert lines == ["  |", "3 | RUN one \\", "  | ^^^^^^^^^"]


@pytest.mark.parametrize("width", [40, 80])
@pytest.mark.parametrize("filler", ["数据库", "\u1112\u1161\u11ab", "e\u0301", "🚀 "])
def test_wide_characters_fit_a_narrow_terminal(width: int, filler: str) -> None:
    text = f"{filler * 30}HERE{filler * 30}"
    start = text.index("HERE") + 1
    lines = list(frame(text, Span(7, start, 7, start + 4), "", Style(width=width), "note"))
    assert max(map(columns, lines)) <= width
    before, _, _ = lines[1].partition("HERE")
    assert lines[2] == "  | " + " " * (columns(before) - 4) + "^^^^"


def test_a_narrow_terminal_still_gets_a_readable_frame() -> None:
    text = "x" * 100 + "HERE" + "x" * 100
    lines = list(frame(text, Span(1, 101, 1, 105), "", Style(width=10), "note"))
    assert "HERE" in lines[1]
