"""Decisions on requests: modes, exceptions, the ratchet, replacements, sub-resources."""

from __future__ import annotations

import copy
from typing import Any

import pytest
from webhook_reviews import (
    ALICE,
    answer,
    asked,
    decide,
    deployment,
    effects,
    pod,
    policy_set,
    world,
)

from kguard.facts import Expiry
from kguard.webhook.policyset import CONTROLLERS
from kguard.webhook.stances import Mode

TINY = {"requests": {"cpu": "1m", "memory": "64m"}, "limits": {"memory": "64m"}}
"""Sixty-four thousandths of a byte: an error, and a warning for the request."""
REPLICASET = "system:serviceaccount:kube-system:replicaset-controller"
OWNER = {
    "apiVersion": "apps/v1",
    "kind": "ReplicaSet",
    "name": "web-5d8",
    "uid": "b4b1d2f0-0f3f-4c53-a4c2-2a5d6b1f8d11",
    "controller": True,
}
EXCEPTION = """
exceptions:
  - policy: memory-absurdly-small
    kind: {kind}
    namespace: {namespace}
    {name}
    reason: a tool that counts in millibytes
    owner: team-shop@example.com
    expires: "{expires}"
"""


def exception(
    kind: str = "Deployment",
    namespace: str = "shop",
    name: str = "name: web",
    expires: str = "2027-01-31",
) -> str:
    return EXCEPTION.format(kind=kind, namespace=namespace, name=name, expires=expires)


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


def test_a_deletion_timestamp_changes_nothing() -> None:
    old = deployment()
    new = deployment(resources=TINY)
    for data in (old, new):
        data["metadata"]["deletionTimestamp"] = "2026-11-22T00:00:00Z"
        data["metadata"]["finalizers"] = ["example.com/hold"]
    assert not decide(asked(new, old=old)).allowed


# What is not judged


@pytest.mark.parametrize(
    ("more", "reason"),
    [
        ({"operation": "DELETE"}, "operation"),
        ({"operation": "CONNECT"}, "operation"),
        ({"operation": "STEAL"}, "operation"),
        ({"subResource": "status"}, "sub-resource"),
        ({"subResource": "scale"}, "sub-resource"),
        ({"subResource": "exec"}, "sub-resource"),
        ({"groups": ["system:nodes"]}, "node"),
    ],
)
def test_requests_that_need_no_judgement(more: dict[str, Any], reason: str) -> None:
    assert decide(asked(pod(resources=TINY), **more)).skipped == reason


@pytest.mark.parametrize("part", ["ephemeralcontainers", "resize"])
def test_sub_resources_that_carry_the_pod_are_judged(part: str) -> None:
    asking = asked(pod(resources=TINY), old=pod(), subResource=part)
    assert not decide(asking).allowed


@pytest.mark.parametrize("place", ["initContainers", "ephemeralContainers"])
def test_every_form_of_container_is_judged(place: str) -> None:
    data = pod()
    data["spec"][place] = [{"name": "extra", "image": "example.com/x:1", "resources": TINY}]
    assert not decide(asked(data)).allowed


def workflow(**spec: Any) -> dict[str, Any]:
    template = {
        "name": "main",
        "container": {"image": "example.com/x:1", "command": ["run"], "resources": TINY},
    }
    return {
        "apiVersion": "argoproj.io/v1alpha1",
        "kind": "Workflow",
        "metadata": {"name": "nightly-x7k2p", "namespace": "shop", "labels": {}},
        "spec": {"entrypoint": "main", "templates": [template], **spec},
    }


def test_a_status_write_of_the_workflow_controller_is_not_judged() -> None:
    old = workflow()
    new = copy.deepcopy(old)
    new["status"] = {"phase": "Succeeded"}
    new["metadata"]["labels"] = {"workflows.argoproj.io/completed": "true"}
    new["metadata"]["annotations"] = {"workflows.argoproj.io/pod-name-format": "v2"}
    assert decide(asked(new, old=old)).skipped == "unchanged"


def test_a_changed_specification_is_judged_whatever_the_labels_say() -> None:
    old = workflow()
    new = workflow(parallelism=3)
    new["metadata"]["labels"] = {"workflows.argoproj.io/completed": "true"}
    assert decide(asked(new, old=old)).skipped == ""


def test_a_workflow_that_is_born_completed_is_judged() -> None:
    new = workflow()
    new["metadata"]["labels"] = {"workflows.argoproj.io/completed": "true"}
    assert not decide(asked(new)).allowed


def test_new_labels_of_a_deployment_are_judged() -> None:
    old = deployment()
    new = copy.deepcopy(old)
    assert decide(asked(new, old=old)).skipped == "unchanged"
    new["metadata"]["labels"] = {"team": "a"}
    assert decide(asked(new, old=old)).skipped == ""


def test_data_of_a_config_map_counts_as_its_content() -> None:
    old = {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": "workflow-controller-configmap", "namespace": "argo"},
        "data": {"parallelism": "10"},
    }
    new = {**old, "data": {"parallelism": "11"}}
    assert decide(asked(new, old=old)).skipped == ""
    assert decide(asked(dict(old), old=old)).skipped == "unchanged"


# Replacements


@pytest.mark.parametrize(
    ("user", "owners", "allowed"),
    [
        (REPLICASET, [OWNER], True),
        ("system:kube-controller-manager", [OWNER], True),
        (ALICE, [OWNER], False),
        (REPLICASET, [], False),
        (REPLICASET, [{**OWNER, "controller": False}], False),
        (REPLICASET, None, False),
        ("system:serviceaccount:shop:replicaset-controller", [OWNER], False),
    ],
    ids=["controller", "old flag", "forged", "no owner", "mere owner", "null", "other namespace"],
)
def test_only_a_trusted_controller_with_an_owner_may_replace(
    user: str, owners: Any, allowed: bool
) -> None:
    data = pod("web-5d8-x1", resources=TINY)
    data["metadata"]["ownerReferences"] = owners
    decision = decide(asked(data, user=user))
    assert decision.allowed is allowed
    assert answer(decision)["warnings"]


def test_more_controllers_can_be_trusted() -> None:
    argo = "system:serviceaccount:argo:argo-workflow-controller"
    data = pod(resources=TINY)
    data["metadata"]["ownerReferences"] = [{**OWNER, "kind": "Workflow"}]
    assert argo not in CONTROLLERS
    assert not decide(asked(data, user=argo)).allowed
    policies = policy_set(webhook=f"trusted-controllers: ['{argo}']")
    assert decide(asked(data, user=argo), policies).allowed


# Exceptions


@pytest.mark.parametrize(
    ("text", "allowed"),
    [
        (exception(), True),
        (exception(namespace="other"), False),
        (exception(kind="StatefulSet"), False),
        (exception(name="name: we"), False),
        (exception(name="name: WEB"), False),
        (exception(name="generate-name: web"), False),
        (exception(expires="2026-11-22"), True),
        (exception(expires="2026-11-21"), False),
        (exception(expires="2027-05-21"), True),
        (exception(expires="2027-05-22"), False),
        (exception().replace("memory-absurdly-small", "missing-memory-limit"), False),
        (
            exception()
            + '    path: "spec.template.spec.containers[web].resources.limits.memory"\n',
            True,
        ),
        (
            exception()
            + '    path: "spec.template.spec.containers[app].resources.limits.memory"\n',
            False,
        ),
    ],
    ids=[
        "exact",
        "other namespace",
        "other kind",
        "beginning of the name",
        "other case",
        "generated name",
        "last day",
        "day after",
        "180 days",
        "181 days",
        "other policy",
        "place",
        "other place",
    ],
)
def test_an_exception_covers_exactly_what_it_says(text: str, allowed: bool) -> None:
    policies = policy_set(exceptions=text)
    assert decide(asked(deployment(resources=TINY)), policies).allowed is allowed


def test_exceptions_do_not_add_up() -> None:
    places = [
        exception(namespace="other"),
        exception(kind="Pod").replace("exceptions:", ""),
        exception(name="name: other").replace("exceptions:", ""),
    ]
    policies = policy_set(exceptions="".join(places))
    assert not decide(asked(deployment(resources=TINY)), policies).allowed


def test_an_exception_for_a_generated_name() -> None:
    data = pod("job-x7k2p", resources=TINY)
    data["metadata"]["generateName"] = "job-"
    policies = policy_set(exceptions=exception(kind="Pod", name="generate-name: job-"))
    assert decide(asked(data), policies).allowed


def test_an_exception_for_a_generated_name_is_none_for_a_chosen_one() -> None:
    data = pod("payments", resources=TINY)
    data["metadata"]["generateName"] = "job-"
    policies = policy_set(exceptions=exception(kind="Pod", name="generate-name: job-"))
    assert not decide(asked(data), policies).allowed


def test_an_exception_for_a_long_generated_name() -> None:
    prefix = "a" * 60 + "-"
    data = pod("a" * 58 + "x7k2p", resources=TINY)
    data["metadata"]["generateName"] = prefix
    policies = policy_set(exceptions=exception(kind="Pod", name=f"generate-name: {prefix}"))
    assert decide(asked(data), policies).allowed


def test_an_excepted_finding_is_in_the_audit_log_and_nowhere_else() -> None:
    said = answer(decide(asked(deployment(resources=TINY)), policy_set(exceptions=exception())))
    assert "warnings" not in said
    assert said["auditAnnotations"]["excepted"] == "memory-absurdly-small"
    expected = "exception of team-shop@example.com until 2027-01-31"
    assert said["auditAnnotations"]["exceptions"] == expected


def test_a_refusal_says_that_the_exception_has_ended() -> None:
    policies = policy_set(exceptions=exception(expires="2026-10-31"))
    message = answer(decide(asked(deployment(resources=TINY)), policies))["status"]["message"]
    assert "(its exception ended on 2026-10-31)" in message


def test_an_expired_exception_stops_no_replacement() -> None:
    data = pod("web-5d8-x1", resources=TINY)
    data["metadata"]["ownerReferences"] = [OWNER]
    policies = policy_set(exceptions=exception(kind="Pod", expires="2026-10-31"))
    assert decide(asked(data, user=REPLICASET), policies).allowed


@pytest.mark.parametrize(
    ("webhook", "value", "allowed"),
    [
        ("{}", "counted in millibytes", False),
        ("annotations: true", "counted in millibytes", True),
        ("annotations: true", "counted in millibytes (until 2026-11-21)", False),
        ("modes: [{policies: [resources], annotations: true}]", "why", True),
        ("modes: [{policies: [rollout], annotations: true}]", "why", False),
        ("modes: [{namespaces: [other], annotations: true}]", "why", False),
    ],
)
def test_annotations_count_only_where_they_are_allowed(
    webhook: str, value: str, allowed: bool
) -> None:
    data = deployment(resources=TINY)
    data["metadata"]["annotations"] = {"ignore.kguard.dev/memory-absurdly-small": value}
    assert decide(asked(data), policy_set(webhook=webhook)).allowed is allowed


# What cannot be evaluated


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
