"""What could not be judged, in time or at all, or rests on what is not known yet."""

from __future__ import annotations

import copy
import time
from typing import Any

import pytest
from review_cases import TINY, exception
from webhook_reviews import (
    ALICE,
    answer,
    asked,
    decide,
    deployment,
    effects,
    policy_set,
    world,
)

from kguard.facts import Facts
from kguard.index import Index
from kguard.kube.recognise import resources
from kguard.webhook.cluster.snapshot import Snapshot
from kguard.webhook.stances import Mode


@pytest.mark.parametrize(("deny", "allowed"), [(True, False), (False, True)])
def test_what_was_not_asked_in_time_is_answered_as_configured(deny: bool, allowed: bool) -> None:
    policies = policy_set(deny_on_error=deny)
    decision = decide(asked(deployment()), policies, expired=lambda needed=0.0: True)
    assert decision.allowed is allowed
    assert set(decision.unanswered.values()) == {"deadline"}
    assert "missing-memory-limit" in decision.unanswered
    said = answer(decision)
    assert said["warnings"][-1].startswith("[kguard] not evaluated: ")


def test_a_policy_that_fails_costs_its_own_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    policies = policy_set(deny_on_error=True)

    def broken(scope: object, ctx: object) -> object:
        raise KeyError("spec")

    policies.engine.load()
    monkeypatch.setitem(policies.engine._checks, "image-latest", broken)
    decision = decide(asked(deployment(resources=TINY)), policies)
    assert decision.unanswered == {"image-latest": "error"}
    assert ("memory-absurdly-small", "denied") in effects(decision)
    assert "image-latest" in answer(decision)["status"]["message"]


@pytest.mark.parametrize(
    ("mode", "allowed"), [(Mode.ENFORCE, False), (Mode.WARN, True), (Mode.AUDIT, True)]
)
def test_an_object_that_cannot_be_judged_violates_a_policy(mode: Mode, allowed: bool) -> None:
    data = deployment()
    nested: Any = "end"
    for _ in range(150):
        nested = {"deeper": nested}
    data["spec"]["template"]["spec"]["nodeSelector"] = nested
    decision = decide(asked(data), policy_set(mode))
    assert decision.allowed is allowed
    assert [policy for policy, _ in effects(decision)] == ["kguard-unevaluable"]


def test_an_object_that_cannot_be_judged_is_let_through_where_that_is_off() -> None:
    data = deployment()
    data["metadata"]["labels"] = {"size": float("inf")}
    policies = policy_set(webhook="modes: [{policies: [kguard-unevaluable], mode: 'off'}]")
    decision = decide(asked(data), policies)
    assert (decision.word, decision.judged) == ("allowed", [])


@pytest.mark.parametrize(("expires", "word"), [("2027-01-31", "allowed"), ("2026-10-31", "denied")])
def test_an_exception_for_what_cannot_be_judged(expires: str, word: str) -> None:
    data = deployment()
    data["metadata"]["labels"] = {"size": float("inf")}
    text = exception(expires=expires).replace("memory-absurdly-small", "kguard-unevaluable")
    assert decide(asked(data), policy_set(exceptions=text)).word == word
    assert decide(asked(data, namespace="other"), policy_set(exceptions=text)).word == "denied"


# What the cluster knows


def test_a_limit_range_counts() -> None:
    limits = {
        "apiVersion": "v1",
        "kind": "LimitRange",
        "metadata": {"name": "defaults", "namespace": "shop"},
        "spec": {"limits": [{"type": "Container", "default": {"memory": "64Mi"}}]},
    }
    data = deployment(resources={"requests": {"cpu": "100m", "memory": "64Mi"}})
    assert effects(decide(asked(data))) == [("missing-memory-limit", "warned")]
    assert effects(decide(asked(data), around=world(limits))) == []


@pytest.mark.parametrize(
    "modes",
    [
        "mode: warn\nmodes: [{namespace-labels: {env: prod}, mode: enforce}]",
        "mode: enforce\nmodes: [{namespace-labels: {env: sandbox}, mode: audit}]",
    ],
)
def test_nothing_is_denied_while_the_labels_of_no_namespace_are_known(modes: str) -> None:
    policies = policy_set(webhook=modes)
    around = world(unsynced=frozenset({("", "Namespace")}))
    decision = decide(asked(deployment(resources=TINY)), policies, around)
    assert decision.allowed
    assert {each.why for each in decision.judged} == {
        "cluster not read yet",
        "warning, below deny-at",
    }
    beyond = deployment(resources=TINY)
    beyond["metadata"]["labels"] = {"size": float("inf")}
    assert decide(asked(beyond), policies, around).allowed
    assert not decide(asked(beyond), policies, world()).allowed


def test_nothing_is_denied_on_what_is_not_known_yet() -> None:
    data = deployment(resources=TINY)
    unsynced = frozenset({("", "LimitRange")})
    decision = decide(asked(data), around=world(unsynced=unsynced))
    assert decision.allowed
    assert {each.why for each in decision.judged} == {
        "cluster not read yet",
        "warning, below deny-at",
    }


def test_what_one_namespace_has_too_much_of_is_unknown_there_only() -> None:
    data = deployment(resources=TINY)
    ranges = frozenset({("", "LimitRange")})
    assert not decide(asked(data), around=world(left_out={"other": ranges})).allowed
    decision = decide(asked(data), around=world(left_out={"shop": ranges}))
    assert decision.allowed
    assert "cluster not read yet" in {each.why for each in decision.judged}


def test_a_configuration_of_argo_that_was_read_is_read_no_more(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    maps = [
        {
            "apiVersion": "v1",
            "kind": "ConfigMap",
            "metadata": {"name": "workflow-controller-configmap", "namespace": namespace},
            "data": {"config": "workflowDefaults: {spec: {activeDeadlineSeconds: 10}}"},
        }
        for namespace in ("argo", "argo-two")
    ]
    found = [each for data in maps for each in resources(data, "", context=True)]
    read = [Facts(Index([each])).controller_config(each) for each in found]
    configs = tuple(each for each in read if each is not None)
    assert len(configs) == 2
    spec = {"entrypoint": "main", "templates": [{"name": "main", "container": {"image": "x"}}]}
    asking = asked(
        {
            "apiVersion": "argoproj.io/v1alpha1",
            "kind": "Workflow",
            "metadata": {"name": "a", "namespace": "shop"},
            "spec": spec,
        }
    )
    policies = policy_set(kguard="select: [argo-no-deadline]")
    without = effects(decide(asking, policies, world()))
    assert without
    monkeypatch.setattr("kguard.source.read", None)
    around = Snapshot(Index(found[:1]), argo_controller=found[0], argo_configs=configs[:1])
    assert effects(decide(asking, policies, around)) == []
    around = Snapshot(Index(found), argo_configs=configs)
    assert effects(decide(asking, policies, around)) == without


def test_a_configuration_of_argo_that_takes_too_long_is_not_read() -> None:
    data = {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": "workflow-controller-configmap", "namespace": "argo"},
        "data": {"config": "a: {b: 1}\n" * 50_000},
    }
    began = time.monotonic()
    decision = decide(asked(data), expired=lambda needed=0.0: time.monotonic() + needed > began + 4)
    assert time.monotonic() < began + 1
    assert "deadline" in decision.unanswered.values()


@pytest.mark.parametrize(
    ("user", "change", "allowed"),
    [
        ("system:serviceaccount:kube-system:deployment-controller", "annotations", True),
        ("system:serviceaccount:kube-system:deployment-controller", "spec", False),
        (ALICE, "annotations", False),
    ],
    ids=["its note", "another specification", "somebody else"],
)
def test_a_controller_may_write_notes_on_what_stands_already(
    user: str, change: str, allowed: bool
) -> None:
    old = deployment(resources=TINY)
    new = copy.deepcopy(old)
    if change == "spec":
        new["spec"]["minReadySeconds"] = 5
    else:
        new["metadata"]["annotations"] = {"deployment.kubernetes.io/revision": "2"}
    policies = policy_set(webhook="ratchet: false")
    assert decide(asked(new, old=old, user=user), policies).allowed is allowed
