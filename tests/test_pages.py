"""Every fenced example of every policy page is a test, and every page keeps the house rules."""

from __future__ import annotations

from pathlib import Path

import pytest

from kguard.facts.scopes import EACH
from kguard.policy.examples import Example, examples
from kguard.policy.page import Policy
from kguard.policy.registry import build_registry, read_folder
from kguard.verify import verify

ROOT = Path(__file__).parent.parent / "policies"
POLICIES = read_folder(ROOT, validate=True)
EXAMPLES = [(policy, example) for policy in POLICIES for example in examples(policy)]


@pytest.mark.parametrize(
    ("policy", "example"), EXAMPLES, ids=[f"{p.id}-{e.line}-{e.heading}" for p, e in EXAMPLES]
)
def test_example_gives_exactly_its_marks(policy: Policy, example: Example) -> None:
    assert [mismatch.text for mismatch in verify(policy, example)] == []


@pytest.mark.parametrize("policy", POLICIES, ids=lambda policy: policy.id)
def test_page_has_bad_and_good_examples_and_a_source(policy: Policy) -> None:
    shown = [example for example in examples(policy) if example.page == policy.page]
    if policy.has_check:
        assert any(example.marks for example in shown), "no example in which it must be found"
        assert any(not example.marks for example in shown), "no example that must be silent"
        assert policy.sources, "no source for the claim"


@pytest.mark.parametrize("policy", POLICIES, ids=lambda policy: policy.id)
def test_page_and_check_stay_short_enough_to_read(policy: Policy) -> None:
    if policy.has_check:
        check = Path(policy.module).read_text(encoding="utf-8")
        assert len(check.splitlines()) <= 80
    assert len(Path(policy.page).read_text(encoding="utf-8").splitlines()) <= 140


@pytest.mark.parametrize("policy", POLICIES, ids=lambda policy: policy.id)
def test_page_names_only_what_exists(policy: Policy) -> None:
    registry = build_registry(POLICIES)
    assert policy.each in EACH
    assert [name for name in policy.supersedes if registry.resolve(name) is None] == []
    assert policy.severity.word != "note" or policy.profile != "default" or not policy.has_check


def test_ids_and_aliases_are_unique() -> None:
    registry = build_registry(POLICIES)
    assert len(registry.policies) == len(POLICIES)


def test_no_check_is_without_a_page() -> None:
    checks = {p for p in ROOT.rglob("*.py") if not p.name.startswith("_")}
    assert {check for check in checks if not check.with_suffix(".md").exists()} == set()
