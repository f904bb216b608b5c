"""Several fixes of one file at once: which are made, which wait, which never are."""

from __future__ import annotations

from typing import Any

import pytest
from fixing import fixes, refusals, titles

from kguard.fix import apply
from kguard.fix.apply import fix_file
from kguard.fix.edit import changes
from kguard.model import (
    REMOVE,
    Confidence,
    Edit,
    Finding,
    Fix,
    Origin,
    Resource,
    Severity,
    Span,
)
from kguard.report import Located

TEXT = b"a: {b: 1}\nc: [1, 2, 3]\n"


def test_fixes_of_different_places_are_made_together() -> None:
    result = fixes(TEXT, [(Edit(("a", "b"), 2),), (Edit(("d",), 4),), (Edit(("c", 1), 0),)])
    assert result.data == b"a: {b: 2}\nc: [1, 0, 3]\nd: 4\n"
    assert titles(result.fixed) == ["fix 1", "fix 2", "fix 3"]


def test_what_works_at_once_is_made_once(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[bytes] = []

    def counted(*arguments: Any, **options: Any) -> Any:
        seen.append(TEXT)
        return changes(*arguments, **options)

    monkeypatch.setattr(apply, "changes", counted)
    fixes(TEXT, [(Edit(("a", "b"), 2),), (Edit(("d",), 4),)])
    assert len(seen) == 1


def test_of_two_that_contradict_the_first_is_made() -> None:
    result = fixes(TEXT, [(Edit(("a", "b"), 2),), (Edit(("a", "b"), 3),), (Edit(("a",), REMOVE),)])
    assert result.data == b"a: {b: 2}\nc: [1, 2, 3]\n"
    assert (titles(result.fixed), titles(result.later)) == (["fix 1"], ["fix 2", "fix 3"])


def test_two_that_agree_are_both_made() -> None:
    result = fixes(TEXT, [(Edit(("a", "b"), 2),), (Edit(("a", "b"), 2), Edit(("e",), 1))])
    assert result.data == b"a: {b: 2}\nc: [1, 2, 3]\ne: 1\n"
    assert titles(result.fixed) == ["fix 1", "fix 2"]


def test_agreeing_means_the_same_type() -> None:
    result = fixes(TEXT, [(Edit(("a", "b"), 2),), (Edit(("a", "b"), "2"),)])
    assert (titles(result.fixed), titles(result.later)) == (["fix 1"], ["fix 2"])


def test_what_stands_behind_a_removed_item_waits() -> None:
    result = fixes(TEXT, [(Edit(("c", 0), REMOVE),), (Edit(("c", 2), 9),), (Edit(("d",), 1),)])
    assert result.data == b"a: {b: 1}\nc: [2, 3]\nd: 1\n"
    assert titles(result.later) == ["fix 2"]


def test_one_that_cannot_be_made_costs_no_other() -> None:
    text = b"a: &x {b: 1}\nc: *x\nd: 1\n"
    wanted = [(Edit(("d",), number),) for number in (2,)]
    result = fixes(text, [*wanted, (Edit(("c", "b"), 2),), (Edit(("e",), 1),)])
    assert result.data == b"a: &x {b: 1}\nc: *x\nd: 2\ne: 1\n"
    assert [titles([refusal.located]) for refusal in result.refused] == [["fix 2"]]


def test_one_that_cannot_be_made_beside_another_waits() -> None:
    """Both at once read as a key that gets another name, and would cost the comment."""
    text = b"a:\n  b:\n    # of c\n    c: 1\n  d: 2\n"
    gone, new = Edit(("a", "b"), REMOVE), Edit(("a", "e"), [{"c": 1}])
    result = fixes(text, [(gone,), (new,)])
    assert (titles(result.fixed), titles(result.later)) == (["fix 1"], ["fix 2"])
    assert (result.data, refusals(result)) == (b"a:\n  d: 2\n", [])


def test_a_route_that_leads_nowhere_is_refused() -> None:
    result = fixes(
        TEXT, [(Edit(("c", "x"), 1),), (Edit(("c", 7), 1),), (Edit(("a", "b", "z"), 1),)]
    )
    assert (result.data, len(refusals(result))) == (TEXT, 3)


def test_an_object_that_the_file_does_not_hold_is_left_alone() -> None:
    """A chart's output, say: the finding was made in other text than stands there."""
    resource = Resource({"a": 2}, Origin("x.yaml"))
    cure = Fix((Edit(("a",), 3),), safe=True, title="t")
    finding = Finding("p", Severity.NOTE, Confidence.HIGH, "m", resource, (), fix=cure)
    result = fix_file("x.yaml", b"a: 1\n", [Located(finding, "x.yaml", Span(1, 1, 1, 2))])
    assert (result.data, refusals(result)) == (
        b"a: 1\n",
        ["the object is not written in the file like that"],
    )
