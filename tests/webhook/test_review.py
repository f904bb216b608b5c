"""What a review comes to: modes, namespaces, what counts as there before."""

from __future__ import annotations

import copy
from typing import Any

import pytest
from review_cases import TINY
from webhook_reviews import answer, asked, decide, deployment, effects, policy_set, world

from kguard.facts import Expiry
from kguard.record import replace
from kguard.webhook.stances import Mode


def test_a_good_object_passes_without_a_word() -> None:
    assert answer(decide(asked(deployment()))) == {
        "uid": "705ab4f5-6393-11e8-b7cc-42010a800002",
        "allowed": True,
        "auditAnnotations": {"decision": "allowed", "revision": policy_set().revision},
    }


def test_an_error_denies_and_a_warning_warns_in_mode_enforce() -> None:
    decision = decide(asked(deployment(resources=TINY)))
    assert effects(decision) == [
        ("memory-absurdly-small", "denied"),
        ("memory-absurdly-small", "warned"),
    ]
    assert not decision.allowed


@pytest.mark.parametrize(
    ("mode", "effect"), [(Mode.WARN, "warned"), (Mode.AUDIT, "audited"), (Mode.ENFORCE, "denied")]
)
def test_the_mode_decides(mode: Mode, effect: str) -> None:
    found = effects(decide(asked(deployment(resources=TINY)), policy_set(mode)))
    assert ("memory-absurdly-small", effect) in found


def test_a_policy_that_is_off_is_not_asked() -> None:
    # Without quotes YAML reads it as false.
    webhook = "modes: [{policies: [memory-absurdly-small], mode: off}]"
    assert effects(decide(asked(deployment(resources=TINY)), policy_set(webhook=webhook))) == []


@pytest.mark.parametrize(
    ("namespace", "allowed"), [("shop", False), ("shop-test", True), ("team-a", False)]
)
def test_namespaces_have_modes_of_their_own(namespace: str, allowed: bool) -> None:
    webhook = """
    mode: warn
    modes:
      - {namespaces: [shop, "team-*"], mode: enforce}
    """
    data = deployment(namespace=namespace, resources=TINY)
    assert decide(asked(data), policy_set(webhook=webhook)).allowed is allowed


def test_the_last_entry_that_holds_decides() -> None:
    webhook = """
    modes:
      - {policies: [resources], mode: audit}
      - {policies: [memory-absurdly-small], namespaces: [shop], mode: enforce}
      - {policies: [memory-absurdly-small], namespaces: [shop], deny-at: warning}
    """
    found = effects(decide(asked(deployment(resources=TINY)), policy_set(webhook=webhook)))
    assert found == [("memory-absurdly-small", "denied")] * 2


@pytest.mark.parametrize(
    ("labels", "mode", "allowed"),
    [
        ({"env": "prod"}, "enforce", False),
        ({"env": "test"}, "enforce", True),
        ({}, "enforce", True),
        (None, "enforce", False),
        (None, "off", False),
        ({"env": "prod"}, "off", True),
    ],
)
def test_unknown_labels_of_a_namespace_can_only_make_it_stricter(
    labels: dict[str, str] | None, mode: str, allowed: bool
) -> None:
    default = "enforce" if mode == "off" else "warn"
    webhook = f"mode: {default}\nmodes: [{{namespace-labels: {{env: prod}}, mode: '{mode}'}}]"
    around = world(namespaces={} if labels is None else {"shop": labels})
    decision = decide(asked(deployment(resources=TINY)), policy_set(webhook=webhook), around)
    assert decision.allowed is allowed


@pytest.mark.parametrize(
    "entry", ["annotations: true", "deny-at: error", "ratchet: true", "on-error: allow"]
)
def test_an_entry_for_labels_that_are_unknown_relaxes_nothing(entry: str) -> None:
    strict = "{mode: enforce, deny-at: warning, ratchet: false, on-error: deny}"
    webhook = f"modes: [{strict}, {{namespace-labels: {{env: test}}, {entry}}}]"
    usual = policy_set(webhook=f"modes: [{strict}]").stances.at("shop", {})
    assert policy_set(webhook=webhook).stances.at("shop", {"env": "test"}) != usual
    unknown = policy_set(webhook=webhook).stances.at("shop", None)
    assert {name: replace(each, guessed=False) for name, each in unknown.items()} == usual


def test_a_namespace_that_gets_other_labels_gets_the_modes_of_those() -> None:
    webhook = "mode: warn\nmodes: [{namespace-labels: {env: prod}, mode: enforce}]"
    policies, asking = policy_set(webhook=webhook), asked(deployment(resources=TINY))
    for env, allowed in (("test", True), ("prod", False), ("test", True)):
        around = world(namespaces={"shop": {"env": env}})
        assert decide(asking, policies, around).allowed is allowed


def test_policies_of_a_later_release_only_warn_unless_called_by_their_id() -> None:
    asking = asked(deployment(resources=TINY))
    assert decide(asking, policy_set(webhook="enforce-through: '0.0'")).allowed
    named = "{policies: [memory-absurdly-small], mode: enforce}"
    webhook = f"enforce-through: '0.0'\nmodes: [{named}]"
    assert not decide(asking, policy_set(webhook=webhook)).allowed


# The ratchet


def test_an_update_may_keep_what_was_there_before() -> None:
    old = deployment(resources=TINY)
    new = copy.deepcopy(old)
    new["spec"]["replicas"] = 5
    decision = decide(asked(new, old=old))
    assert decision.allowed
    assert [each.why for each in decision.judged] == ["there before", "warning, below deny-at"]
    assert answer(decision)["warnings"]


def _renamed(data: Any) -> None:
    data["spec"]["template"]["spec"]["containers"][0]["name"] = "app"


def _changed(data: Any) -> None:
    data["spec"]["template"]["spec"]["containers"][0]["resources"]["limits"]["memory"] = "65m"


def _another(data: Any) -> None:
    containers = data["spec"]["template"]["spec"]["containers"]
    containers.insert(0, {**copy.deepcopy(containers[0]), "name": "second"})


def _reordered(data: Any) -> None:
    containers = data["spec"]["template"]["spec"]["containers"]
    good = {"requests": {"cpu": "1m", "memory": "64Mi"}, "limits": {"memory": "64Mi"}}
    containers.insert(0, {**copy.deepcopy(containers[0]), "name": "second", "resources": good})


@pytest.mark.parametrize(
    ("change", "allowed"),
    [(_renamed, False), (_changed, False), (_another, False), (_reordered, True)],
    ids=["renamed", "other value", "second container", "moved behind a good one"],
)
def test_only_the_same_fault_at_the_same_place_counts_as_kept(change: Any, allowed: bool) -> None:
    old = deployment(resources=TINY)
    new = copy.deepcopy(old)
    change(new)
    assert decide(asked(new, old=old)).allowed is allowed


def spent(looks: int) -> Expiry:
    """A clock by which time is up after so many looks at it."""
    left = iter(range(looks))
    return lambda needed=0.0: next(left, None) is None


@pytest.mark.parametrize("on_error", ["allow", "deny"])
def test_an_update_that_could_not_be_compared_in_time_is_answered_as_on_error_says(
    on_error: str,
) -> None:
    old = deployment(resources=TINY)
    new = copy.deepcopy(old)
    new["metadata"]["labels"] = {"team": "shop"}
    policies = policy_set(webhook=f"on-error: {on_error}")
    looks = 0

    def look(needed: float = 0.0) -> bool:
        nonlocal looks
        looks += 1
        return False

    decide(asked(new, old=old), policies, expired=look)
    allowed = set()
    for last in range(looks):
        decision = decide(asked(new, old=old), policies, expired=spent(last))
        assert decision.unanswered
        assert all(each.effect.word == "warned" for each in decision.judged)
        allowed.add(decision.allowed)
    assert allowed == {on_error == "allow"}


def test_the_ratchet_can_be_switched_off() -> None:
    old = deployment(resources=TINY)
    new = copy.deepcopy(old)
    new["spec"]["replicas"] = 5
    assert not decide(asked(new, old=old), policy_set(webhook="ratchet: false")).allowed
