"""Which requests are judged, and as what."""

from __future__ import annotations

import copy
from typing import Any

import pytest
from review_cases import OWNER, REPLICASET, TINY
from webhook_reviews import ALICE, answer, asked, decide, deployment, pod, policy_set

from kguard.webhook.policyset import CONTROLLERS


def test_a_deletion_timestamp_changes_nothing() -> None:
    old = deployment()
    new = deployment(resources=TINY)
    for data in (old, new):
        data["metadata"]["deletionTimestamp"] = "2026-11-22T00:00:00Z"
        data["metadata"]["finalizers"] = ["example.com/hold"]
    assert not decide(asked(new, old=old)).allowed


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
