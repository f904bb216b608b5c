"""Findings on other objects than the one under review: said, but never a reason to refuse it.

No policy of ours reports at an object that is mere context. One that somebody adds may.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from webhook_reviews import asked, decide, deployment, effects, policy_set, world

from kguard.model import Fault, Resource, Scope
from kguard.record import replace
from kguard.webhook.policyset import PolicySet

POLICY = "memory-absurdly-small"


def reporting(at: Callable[[Resource], Resource], patch: pytest.MonkeyPatch) -> PolicySet:
    """Policies of which one finds an error in what `at` makes of every object it is asked about."""

    def check(scope: Scope, ctx: object) -> Iterator[Fault]:
        found = at(scope.resource)
        yield Scope(found, (), found.data).fault(("spec", "template"), "too small")

    policies = policy_set()
    policies.engine.load()
    patch.setitem(policies.engine._checks, POLICY, check)
    return policies


def test_what_is_wrong_with_another_object_denies_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    around = world(deployment("other"))
    (other,) = around.index.workloads()
    decision = decide(asked(deployment()), reporting(lambda _: other, monkeypatch), around)
    assert effects(decision) == [(POLICY, "warned")]
    assert [each.why for each in decision.judged] == ["other object"]


def test_what_is_wrong_with_the_object_itself_denies_it(monkeypatch: pytest.MonkeyPatch) -> None:
    decision = decide(asked(deployment()), reporting(lambda own: own, monkeypatch))
    assert effects(decision) == [(POLICY, "denied")]


def test_only_what_was_wrong_with_the_stored_object_may_stay(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    old = deployment()
    new: dict[str, Any] = copy.deepcopy(old)
    new["spec"]["template"]["spec"]["containers"][0]["image"] += "-debug"

    def at(own: Resource) -> Resource:
        """Beside the stored object another of its name, with the very fault of the new one."""
        return replace(own, data=new) if own.data == old else own

    assert not decide(asked(new, old=old), reporting(at, monkeypatch)).allowed
