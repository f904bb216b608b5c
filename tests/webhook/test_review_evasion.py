"""Ways around a policy that must stay closed, and refusals that would lock somebody out."""

from __future__ import annotations

import copy
import json
from typing import Any

import pytest
from review_cases import REPLICASET, TINY
from webhook_reviews import (
    asked,
    decide,
    deployment,
    effects,
    pod,
    policy_set,
    world,
)

from kguard.model import Severity
from kguard.webhook.cluster.snapshot import EMPTY
from kguard.webhook.request import read_request
from kguard.webhook.review import failed
from kguard.webhook.stances import Mode

UNSYNCED = world(unsynced=frozenset({("", "Namespace")}))


def deep(data: dict[str, Any], levels: int = 150) -> dict[str, Any]:
    """The object with something in it that is nested too deeply."""
    nested: Any = "end"
    for _ in range(levels):
        nested = {"deeper": nested}
    found = copy.deepcopy(data)
    found["spec"]["template"]["spec"]["nodeSelector"] = nested
    return found


# The ratchet


def stops_for(grace: int) -> dict[str, Any]:
    data = deployment(lifecycle={"preStop": {"sleep": {"seconds": 60}}})
    data["spec"]["template"]["spec"]["terminationGracePeriodSeconds"] = grace
    return data


def test_a_warning_that_becomes_an_error_was_not_there_before() -> None:
    policies = policy_set(kguard="select: [prestop-exceeds-grace]")
    assert decide(asked(stops_for(60)), policies).allowed
    assert not decide(asked(stops_for(30), old=stops_for(60)), policies).allowed
    assert decide(asked(deep(stops_for(30), 2), old=stops_for(30)), policies).allowed


def fanned_out(*names: str) -> dict[str, Any]:
    claims = [
        {
            "metadata": {"name": name},
            "spec": {
                "accessModes": ["ReadWriteOncePod"],
                "resources": {"requests": {"storage": "1Gi"}},
            },
        }
        for name in names
    ]
    mounts = [{"name": name, "mountPath": f"/{name}"} for name in names]
    step = {"name": "go", "template": "work", "withItems": ["a", "b", "c"]}
    work = {"image": "r.io/x:1.2", "command": ["/app"], "volumeMounts": mounts}
    return {
        "apiVersion": "argoproj.io/v1alpha1",
        "kind": "WorkflowTemplate",
        "metadata": {"name": "w", "namespace": "shop"},
        "spec": {
            "entrypoint": "main",
            "volumeClaimTemplates": claims,
            "templates": [
                {"name": "main", "steps": [[step]]},
                {"name": "work", "container": work},
            ],
        },
    }


def test_what_was_there_once_lets_one_through() -> None:
    policies = policy_set(kguard="select: [argo-rwo-volume-fanout]")
    one, two = fanned_out("data"), fanned_out("data", "more")
    assert len(decide(asked(two), policies).judged) == 2
    other = copy.deepcopy(one)
    other["spec"]["parallelism"] = 3
    assert decide(asked(other, old=one), policies).allowed
    assert not decide(asked(two, old=one), policies).allowed


def test_a_crowd_of_warnings_in_the_stored_object_is_no_doubt_about_its_errors(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def check(scope: Any, ctx: Any) -> Any:
        for _ in range(1100):
            yield scope.fault(("name",), "lesser", severity=Severity.WARNING)
        if scope.data["name"] == "worse":
            yield scope.fault(("name",), "worse", severity=Severity.ERROR)

    policies = policy_set(webhook="on-error: deny")
    policies.engine.load()
    monkeypatch.setitem(policies.engine._checks, "image-latest", check)
    old, new = deployment(), deployment()
    new["spec"]["template"]["spec"]["containers"][0]["name"] = "worse"
    assert decide(asked(old), policies).allowed
    assert not decide(asked(new, old=old), policies).allowed


# Namespaces whose labels are not known


@pytest.mark.parametrize(
    "prod", ["deny-at: warning", "ratchet: false", "annotations: false, mode: enforce"]
)
def test_a_new_namespace_gets_the_strictest_of_everything(prod: str) -> None:
    webhook = f"annotations: true\nmodes: [{{namespace-labels: {{env: prod}}, {prod}}}]"
    policies = policy_set(webhook=webhook)
    around = {
        "prod": world(namespaces={"shop": {"env": "prod"}}),
        "test": world(namespaces={"shop": {"env": "test"}}),
        "new": world(namespaces={}),
    }
    if prod.startswith("deny-at"):
        data, old = deployment(image="registry.example.com/web:latest"), None
    elif prod.startswith("ratchet"):
        old = deployment(resources=TINY)
        data = deep(old, 2)
    else:
        data, old = deployment(resources=TINY), None
        data["metadata"]["annotations"] = {"ignore.kguard.dev/memory-absurdly-small": "a tool"}
    decided = {name: decide(asked(data, old=old), policies, at) for name, at in around.items()}
    assert {name: each.allowed for name, each in decided.items()} == {
        "prod": False,
        "test": True,
        "new": False,
    }


def test_a_policy_called_by_its_id_stays_so_where_labels_are_unknown() -> None:
    webhook = """
    enforce-through: '0.0'
    modes:
      - {policies: [memory-absurdly-small], mode: enforce}
      - {namespace-labels: {env: sandbox}, mode: audit}
    """
    asking, policies = asked(deployment(resources=TINY)), policy_set(webhook=webhook)
    assert not decide(asking, policies, world(namespaces={})).allowed
    assert decide(asking, policies, world(namespaces={"shop": {"env": "sandbox"}})).allowed


@pytest.mark.parametrize(("namespace", "allowed"), [("shop", False), ("sb-1", True)])
def test_only_what_labels_decide_waits_for_them(namespace: str, allowed: bool) -> None:
    webhook = """
    mode: enforce
    modes: [{namespaces: ['sb-*'], namespace-labels: {env: sandbox}, mode: audit}]
    """
    data = deployment(resources=TINY)
    data["metadata"]["namespace"] = namespace
    decision = decide(asked(data), policy_set(webhook=webhook), UNSYNCED)
    assert decision.allowed is allowed


# What nobody can judge


@pytest.mark.parametrize(
    ("modes", "allowed"),
    [
        ("{policies: [resources], mode: enforce}", False),
        ("{policies: [resources], namespaces: [other], mode: enforce}", True),
        (
            "{policies: [resources], mode: enforce}, {policies: [kguard-unevaluable], mode: warn}",
            True,
        ),
        ("{policies: [resources], mode: enforce}, {policies: [meta], mode: audit}", True),
        ("{policies: [ALL], mode: warn}, {policies: [resources], mode: enforce}", False),
    ],
)
def test_nesting_is_no_way_around_an_enforced_policy(modes: str, allowed: bool) -> None:
    policies = policy_set(webhook=f"mode: warn\nmodes: [{modes}]")
    assert decide(asked(deep(deployment(resources=TINY))), policies).allowed is allowed


def test_what_nobody_can_judge_waits_for_labels_like_all_else() -> None:
    entry = "{policies: [argo], namespace-labels: {env: prod}, mode: enforce}"
    asking, policies = (
        asked(deep(deployment())),
        policy_set(webhook=f"mode: warn\nmodes: [{entry}]"),
    )
    assert decide(asking, policies, UNSYNCED).allowed
    assert not decide(asking, policies, world(namespaces={})).allowed
    assert not decide(asking, policies, world(namespaces={"shop": {"env": "prod"}})).allowed
    assert decide(asking, policies, world(namespaces={"shop": {"env": "test"}})).allowed


def test_a_trusted_controller_is_not_refused_what_nobody_can_judge() -> None:
    asking = asked(pod(), user=REPLICASET)
    asking["request"]["object"]["spec"]["nodeSelector"] = {"size": float("inf")}
    assert decide(asking).allowed
    asking["request"]["userInfo"]["username"] = "alice"
    assert not decide(asking).allowed


@pytest.mark.parametrize("separators", [(",", ":"), (", ", ": ")], ids=["compact", "spaced"])
@pytest.mark.parametrize(
    ("old", "new", "allowed"),
    [
        (deep(deployment()), deployment(), True),
        (deep(deployment()), deployment(resources=TINY), True),
        (deep(deployment()), deep(deployment(), 151), True),
        (deployment(), deep(deployment()), False),
    ],
    ids=["repaired", "not compared", "kept", "new"],
)
def test_an_object_that_nobody_could_judge_may_be_changed(
    old: dict[str, Any], new: dict[str, Any], allowed: bool, separators: tuple[str, str]
) -> None:
    new = copy.deepcopy(new)
    # Keys of that name within the object are none of the review's.
    new["spec"]["oldObject"] = {"oldObject": {"a": '"oldObject":{'}}
    asking = asked(new, old=old, dryRun=False)
    body = json.dumps(asking, separators=separators).encode()
    request = read_request(body)
    assert request.stored_unevaluable is (old["spec"] != deployment()["spec"])
    assert decide(asking, around=EMPTY).allowed is allowed


def test_too_many_keys_that_look_like_the_stored_object_are_not_looked_at() -> None:
    new = deep(deployment())
    new["spec"]["many"] = [{"oldObject": {}}] * 200
    asking = asked(new, old=deep(deployment()))
    assert not read_request(json.dumps(asking).encode()).stored_unevaluable
    assert not decide(asking).allowed


@pytest.mark.parametrize(("on_error", "allowed"), [("deny", False), ("allow", True)])
def test_a_bug_counts_for_every_policy(on_error: str, allowed: bool) -> None:
    entry = f"{{policies: [resources], mode: enforce, on-error: {on_error}}}"
    policies = policy_set(webhook=f"mode: warn\nmodes: [{entry}]")
    request = read_request(json.dumps(asked(deployment())).encode())
    assert failed(request, policies, EMPTY, ValueError()).allowed is allowed


# Annotations


def test_annotations_that_ignore_nothing_cost_no_suggestion(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def unwanted(*args: Any, **more: Any) -> Any:
        raise AssertionError("looked for what was meant")

    monkeypatch.setattr("kguard.ignore.find.closest", unwanted)
    monkeypatch.setattr("kguard.ignore.find.nearest", unwanted)
    data = deployment(resources=TINY)
    containers = data["spec"]["template"]["spec"]["containers"]
    containers.append({**containers[0], "name": "frontend", "resources": {}})
    data["metadata"]["annotations"] = {
        "ignore.kguard.dev/memory-absurdly-smal": "not quite",
        "ignore.kguard.dev/memory-absurdly-small": "[frontent] for another container",
        "ignore.kguard.dev/image-latest": "(until never)",
    }
    policies = policy_set(Mode.ENFORCE, webhook="annotations: true")
    assert ("memory-absurdly-small", "denied") in effects(decide(asked(data), policies))
    data["metadata"]["annotations"]["ignore.kguard.dev/memory-absurdly-small"] = "[web] a tool"
    assert decide(asked(data), policies).allowed
