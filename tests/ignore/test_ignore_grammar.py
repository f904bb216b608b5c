"""The text of ignores: what is read from it, and what is said about text that is none."""

from __future__ import annotations

import datetime

import pytest

from kguard.ignore import grammar
from kguard.ignore.grammar import Directive, Explained, GrammarError, Mistake

DAY = datetime.date(2027, 3, 1)


def only(comment: str) -> Directive | Mistake:
    (found,) = grammar.directives(comment)
    return found


@pytest.mark.parametrize(
    ("comment", "names", "reason", "until"),
    [
        ("# kguard: ignore[a]", ("a",), "", None),
        ("# kguard: ignore[a] pinned by the mirror", ("a",), "pinned by the mirror", None),
        ("# kguard: ignore[a,b-c] why", ("a", "b-c"), "why", None),
        ("# kguard: ignore[ a , b ]   why", ("a", "b"), "why", None),
        ("# kguard: ignore[a b] why", ("a", "b"), "why", None),
        ("# kguard: ignore[a,a,] why", ("a",), "why", None),
        ("#kguard:ignore[a] why", ("a",), "why", None),
        ("## Kguard: Ignore [a] why", ("a",), "why", None),
        ("# kguard: ignore[a]: why", ("a",), "why", None),
        ("# kguard: ignore[a] -- why", ("a",), "why", None),
        ("# kguard: ignore[a] \N{EM DASH} why", ("a",), "why", None),
        ("# kguard: ignore[a] why (until 2027-03-01)", ("a",), "why", DAY),
        ("# kguard: ignore[a] why (UNTIL: 2027-03-01 )", ("a",), "why", DAY),
        ("# kguard: ignore[a] (until 2027-03-01) why", ("a",), "why", DAY),
        ("# kguard: ignore[a] (until 2027-03-01)", ("a",), "", DAY),
        ("# kguard: ignore[a] why, until 2027-03-01", ("a",), "why", DAY),
        ("# kguard: ignore[a] see #42 (team x)", ("a",), "see #42 (team x)", None),
        (
            "# kguard: ignore[a] gr\u00fcn \u2713 \U0001f600",
            ("a",),
            "gr\u00fcn \u2713 \U0001f600",
            None,
        ),
        (
            "# kguard: ignore[a] until 2027-03-01 it was open",
            ("a",),
            "until 2027-03-01 it was open",
            None,
        ),
        ("# noqa # kguard: ignore[a] why", ("a",), "why", None),
    ],
)
def test_a_comment_is_read(
    comment: str, names: tuple[str, ...], reason: str, until: datetime.date | None
) -> None:
    found = only(comment)
    assert isinstance(found, Directive)
    assert (names, Explained(reason, until)) == (found.names, found.why)


def test_a_comment_may_hold_several() -> None:
    comment = "# x # kguard: ignore[a] one (until 2027-03-01) # kguard: ignore-file[b] two  "
    first, second = grammar.directives(comment)
    assert isinstance(first, Directive)
    assert isinstance(second, Directive)
    assert first.names == ("a",)
    assert Explained("one", DAY) == first.why
    assert comment[first.start : first.end] == "# kguard: ignore[a] one (until 2027-03-01)"
    assert (first.whole_file, second.whole_file) == (False, True)
    assert comment[second.start : second.end] == "# kguard: ignore-file[b] two"


@pytest.mark.parametrize(
    "comment",
    [
        "# pinned by the mirror",
        "# see kguard.dev",
        "# we ran kguard: all fine",
        "# write `kguard: ignore[a] reason` here",
        "# mykguard: ignore[a]",
    ],
)
def test_other_comments_are_left_alone(comment: str) -> None:
    assert list(grammar.directives(comment)) == []


@pytest.mark.parametrize(
    ("comment", "message"),
    [
        ("# kguard: ignore", "`ignore` names no policy: write `ignore[policy] reason`"),
        (
            "# kguard: ignore image-latest",
            "`ignore` names no policy: write `ignore[policy] reason`",
        ),
        ("# kguard: ignore[] why", "`ignore[]` names nothing"),
        ("# kguard: ignore-file[ , ]", "`ignore-file[]` names nothing"),
        ("# kguard: ignore[a why", "the `[` of `ignore` is not closed"),
        (
            "# kguard: disable[a]",
            "unknown directive `disable[a]`: write `ignore[policy] reason` or "
            "`ignore-file[policy] reason`",
        ),
        (
            "# kguard:",
            "nothing after `kguard:`: write `ignore[policy] reason` or "
            "`ignore-file[policy] reason`",
        ),
        (
            "# kguard: ignore[a] x (until 2027-02-30)",
            "`until 2027-02-30` names no day of the calendar",
        ),
        (
            "# kguard: ignore[a] x (until spring)",
            "`until spring` is no date: write it as `until 2027-03-01`",
        ),
        (
            "# kguard: ignore[a] x (until 2027-W01-1)",
            "`until 2027-W01-1` is no date: write it as `until 2027-03-01`",
        ),
        (
            "# kguard: ignore[a] x (until \u0662\u0660\u0662\u0667-03-01)",
            "`until \u0662\u0660\u0662\u0667-03-01` is no date: write it as `until 2027-03-01`",
        ),
        (
            "# kguard: ignore[a] x (until )",
            "`until ` is no date: write it as `until 2027-03-01`",
        ),
        ("# kguard: ignore[a] (until 2027-03-01) (until 2028-03-01)", "more than one `(until …)`"),
        (
            "# pinned, kguard: ignore[a] x",
            "`kguard: ignore[…]` in the middle of a comment has no effect: put a `#` before it",
        ),
    ],
)
def test_a_mistake_is_named(comment: str, message: str) -> None:
    found = only(comment)
    assert isinstance(found, Mistake)
    assert message == found.message


@pytest.mark.parametrize(
    ("value", "containers", "why"),
    [
        ("batch only", (), Explained("batch only")),
        ("batch only (until 2027-03-01)", (), Explained("batch only", DAY)),
        ("[web] by the mesh (until 2027-03-01)", ("web",), Explained("by the mesh", DAY)),
        ("[web, api] x", ("web", "api"), Explained("x")),
        ("[web]", ("web",), Explained()),
        ("", (), Explained()),
        ("true", (), Explained()),
    ],
)
def test_an_annotation_is_read(value: str, containers: tuple[str, ...], why: Explained) -> None:
    assert (containers, why) == grammar.annotation(value)


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ("false", "`false` does not switch an ignore off: remove the annotation"),
        (True, "the value of an annotation is a string: write the reason in quotes"),
        (None, "the value of an annotation is a string: write the reason in quotes"),
        ("[] why", "`annotation[]` names nothing"),
        ("[web why", "the `[` of `annotation` is not closed"),
        ("x (until soon)", "`until soon` is no date: write it as `until 2027-03-01`"),
    ],
)
def test_a_wrong_annotation_is_named(value: object, message: str) -> None:
    with pytest.raises(GrammarError) as caught:
        grammar.annotation(value)
    assert message == str(caught.value)


@pytest.mark.parametrize("why", [Explained("x"), Explained("x (y)", DAY), Explained("", DAY)])
def test_what_is_composed_is_read_back(why: Explained) -> None:
    found = only(grammar.compose(("a", "b"), why))
    assert isinstance(found, Directive)
    assert (("a", "b"), why) == (found.names, found.why)


def test_a_long_hostile_comment_is_read_in_linear_time() -> None:
    comment = "# kguard: ignore[a] " + "(until " * 50_000 + "[" * 50_000
    assert isinstance(only(comment), Directive)
