"""Comments: found where the scanner skips them, and only there."""

from __future__ import annotations

import pytest

from kguard.source import Comment, read


def found(text: str) -> list[tuple[int, int, str, bool]]:
    comments: tuple[Comment, ...] = read("x.yaml", text.encode()).comments
    return [(each.line, each.column, each.text, each.own_line) for each in comments]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a: 1 # b\n", [(1, 6, "b", False)]),
        ("# a\n  #b\n", [(1, 1, "a", True), (2, 3, "b", True)]),
        ("#", [(1, 1, "", True)]),
        ("a: b#c\n", []),
        ("a: 'b # c'\n", []),
        ('a: "b\n  # c"\n', []),
        ("a: b\n  c # d\n", [(2, 5, "d", False)]),
        ("a: |\n  # b\nc: 1\n# d\n", [(4, 1, "d", True)]),
        ("a: | # h\n  # b\n", [(1, 6, "h", False)]),
        ("a: >-2 # h\n    x\n# d\n", [(1, 8, "h", False), (3, 1, "d", True)]),
        ("a: # b\n  # c\n  d: 1\n", [(1, 4, "b", False), (2, 3, "c", True)]),
        ("- # a\n  b: 1\n", [(1, 3, "a", False)]),
        ("a: [1, # b\n 2]\n", [(1, 8, "b", False)]),
        ("a: {b: '#', c: d} # e\n", [(1, 19, "e", False)]),
        ("a: http://x/#y\n", []),
        (
            "--- # a\nb: 1\n--- #c\n---#d\n",
            [(1, 5, "a", False), (3, 5, "c", False), (4, 4, "d", False)],
        ),
        ("a: 1\n---\n# b\nc: 2 # d\n", [(3, 1, "b", True), (4, 6, "d", False)]),
        ("a: 1\r\n# b\r\n", [(2, 1, "b", True)]),
        ("\ufeff# a\nb: 1\n", [(1, 1, "a", True)]),
        ("é: 😀 # b\n", [(1, 6, "b", False)]),
        ('{"a": "# b"}', []),
        ("a: &x 1 # b\nc: *x # d\n", [(1, 9, "b", False), (2, 7, "d", False)]),
        ("? a # b\n: c # d\n", [(1, 5, "b", False), (2, 5, "d", False)]),
        (
            "# a\n---\nb: [ # c\n---\nd: 1 # e\n",
            [(1, 1, "a", True), (3, 6, "c", False), (5, 6, "e", False)],
        ),
    ],
)
def test_comments(text: str, expected: list[tuple[int, int, str, bool]]) -> None:
    assert expected == found(text)


def test_broken_documents_give_what_can_be_found() -> None:
    assert found("a: 1 # b\n\tc: 1\n# e\n") == [(1, 6, "b", False), (3, 1, "e", True)]
