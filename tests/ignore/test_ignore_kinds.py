"""Ignores of policies that never look at what they cover."""

from __future__ import annotations

import pytest
from ignore_world import REGISTRY, check, pod

from kguard.ignore import IgnoreEntry
from kguard.rules import as_written

OTHER = "limitrange-inconsistent"
"""A policy for LimitRanges alone."""
SERVICE = "\n---\napiVersion: v1\nkind: Service\nmetadata: {name: s}\n"
LIMITS = "\n---\napiVersion: v1\nkind: LimitRange\nmetadata: {name: l}\n"
WHY = "accepted by the team"


@pytest.mark.parametrize(
    ("text", "line", "covered"),
    [
        pytest.param(pod(at_end=f"# kguard: ignore[{OTHER}] {WHY}"), 10, "`v1 Pod`", id="line"),
        pytest.param(pod(above=f"# kguard: ignore[{OTHER}] {WHY}"), 7, "`v1 Pod`", id="above"),
        pytest.param(
            pod(annotations=f"ignore.kguard.dev/{OTHER}: {WHY}"), 4, "`v1 Pod`", id="annotation"
        ),
        pytest.param(
            pod(top=f"# kguard: ignore-file[{OTHER}] {WHY}") + SERVICE,
            1,
            "what it covers",
            id="file",
        ),
        pytest.param(
            pod(top=f"# kguard: ignore[{OTHER}] {WHY}") + LIMITS, 1, "`v1 Pod`", id="document"
        ),
    ],
)
def test_an_ignore_of_a_policy_for_other_kinds_is_unused(
    text: str, line: int, covered: str
) -> None:
    (item,) = check(text).applied.meta
    said = f"the ignore of `{OTHER}` hides nothing: that policy is not for {covered}"
    assert (item.finding.policy, item.span.line) == ("unused-ignore", line)
    assert item.finding.message == said
    assert "name that policy" in item.finding.help


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(
            pod(top=f"# kguard: ignore-file[{OTHER}] {WHY}") + LIMITS, id="one object it is for"
        ),
        pytest.param(
            pod(top=f"# kguard: ignore-file[{OTHER}] {WHY}") + "---\na: [\n", id="not all is read"
        ),
        pytest.param(pod(at_end=f"# kguard: ignore[unused-ignore] {WHY}"), id="no check"),
        pytest.param(pod(at_end=f"# kguard: ignore[resources] {WHY}"), id="family of both"),
    ],
)
def test_in_doubt_it_is_not(text: str) -> None:
    assert [item.finding.message for item in check(text).applied.meta] == []


def test_a_policy_that_is_off_says_nothing_of_its_ignores() -> None:
    text = pod(at_end=f"# kguard: ignore[{OTHER}] {WHY}")
    others = [policy for policy in REGISTRY.policies.values() if policy.id != OTHER]
    assert check(text, rules=as_written(others)).meta == []


def test_an_entry_of_the_configuration_may_be_for_what_is_to_come() -> None:
    entry = IgnoreEntry((OTHER,), reason=WHY, kinds=("Pod",))
    assert check(pod(), entries=[entry]).meta == []
