"""Counts with their noun, and guesses at what was meant."""

from __future__ import annotations

import pytest

from kguard.words import choices_hint, closest, counted, nearest, with_article, within_limits


@pytest.mark.parametrize(
    ("number", "noun", "said"),
    [
        (0, "file", "0 files"),
        (1, "file", "1 file"),
        (2, "file", "2 files"),
        (1, "policy", "1 policy"),
        (2, "policy", "2 policies"),
    ],
)
def test_counted(number: int, noun: str, said: str) -> None:
    assert counted(number, noun) == said


@pytest.mark.parametrize(
    "said",
    [
        "a Job",
        "an Ingress",
        "an EndpointSlice",
        "a Unit",
        "an HTTPRoute",
        "a CSIDriver",
        "an APIService",
        "an http",
        "a HorizontalPodAutoscaler",
        "a host",
        "an hour",
        "an ephemeral-storage",
        "a `periodSeconds`",
        "an `initialDelaySeconds`",
    ],
)
def test_an_article_is_the_one_that_is_spoken(said: str) -> None:
    assert with_article(said.partition(" ")[2]) == said


@pytest.mark.parametrize(
    ("word", "said"),
    [
        ("warnin", "; did you mean `warning`?"),
        ("WARNING", "; did you mean `warning`?"),
        ("quite another", ""),
        ("", ""),
        (None, ""),
        (["warning"], ""),
        ("warning" * 1000, ""),
    ],
    ids=["slip", "case", "nothing near", "empty", "null", "list", "long"],
)
def test_nearest(word: object, said: str) -> None:
    assert nearest(word, ["error", "warning", "note"]) == said


def test_several_are_near() -> None:
    choices = ["missing-memory-request", "missing-memory-limit", "zero-request"]
    assert nearest("missing-memory-reques", choices) == (
        "; did you mean `missing-memory-request` or `missing-memory-limit`?"
    )
    assert closest("missing-memory-reques", choices) == ["missing-memory-request"]


def test_few_choices_are_listed_and_many_are_not() -> None:
    assert choices_hint("x", ["error", "note"]) == " (one of error, note)"
    assert choices_hint("x", map(str, range(100))) == ""


LIMITS = {
    "short": ("`a` is wrong", "`a` is wrong"),
    "just fits": (f"`{'a' * 200}` is wrong", f"`{'a' * 200}` is wrong"),
    "one too many": (f"`{'a' * 201}` is wrong", f"`{'a' * 99}…{'a' * 100}` is wrong"),
    "both ends stay": (
        f"`b{'a' * 300_000}c` and `d`",
        f"`b{'a' * 98}…{'a' * 99}c` and `d`",
    ),
    "not what stands between": (f"`a` {'b' * 300} `c`", f"`a` {'b' * 300} `c`"),
    "no quotation": ("a" * 300_000, f"{'a' * 999}…{'a' * 1000}"),
    "a backtick inside": (f"`{'a`b' * 100_000}`", None),
}


@pytest.mark.parametrize(("text", "expected"), LIMITS.values(), ids=LIMITS)
def test_within_limits(text: str, expected: str | None) -> None:
    said = within_limits(text)
    assert len(said) <= 2000
    if expected is not None:
        assert said == expected
