"""What may pass although a policy is enforced: what was there before, exceptions, replacements."""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy
from typing import Any

import pytest
from e2e_client import Answer, Client
from e2e_cluster import Cluster
from e2e_kguard import Kguard, Replica, denial
from e2e_objects import FAULT, deployment, pod
from e2e_policies import ARGO_CONTROLLER, EXCEPTIONS, POLICY, day
from e2e_processes import wait_until

Namespace = Callable[..., str]

ENDED = f"(its exception ended on {day(-1)})"
REPLICASETS = "system:serviceaccount:kube-system:replicaset-controller"


def enforce(cluster: Cluster, name: str) -> None:
    """Label a namespace so that policies are enforced there, and wait until kguard knows."""
    change = {"metadata": {"labels": {"policies": "enforced"}}}
    found = cluster.client.get("Namespace", name).ok().body
    cluster.client.patch(found, change).ok()
    wait_until(lambda: _trial(cluster.client, name).status == 403, "enforcement by label")


def known(cluster: Cluster, name: str) -> None:
    """Wait until kguard knows the labels of a namespace: before that it is strict."""
    wait_until(lambda: _trial(cluster.client, name).status == 201, "the labels of the namespace")


def _trial(client: Client, namespace: str) -> Answer:
    return client.create(pod(namespace, "trial", FAULT), dry_run=True)


def owned(namespace: str, name: str, **metadata: Any) -> dict[str, Any]:
    """A Pod with a fault that says a ReplicaSet owns it."""
    reference = {
        "apiVersion": "apps/v1",
        "kind": "ReplicaSet",
        "name": "web-7c9f",
        "uid": "2f1b9c1e-0000-4000-8000-000000000000",
        "controller": True,
    }
    return pod(namespace, name, FAULT, ownerReferences=[reference], **metadata)


def test_ratchet(cluster: Cluster, kguard: Kguard, namespace: Namespace) -> None:
    """An update may keep the faults the object had, with a warning; a new fault is denied."""
    shop = namespace("labelled-ratchet")
    known(cluster, shop)
    stored = cluster.client.create(deployment(shop, "web", FAULT)).ok().body
    enforce(cluster, shop)
    changed = deepcopy(stored)
    changed["spec"]["template"]["spec"]["containers"][0]["image"] += "-hotfix"
    answer = cluster.client.replace(changed).ok()
    assert f"[{POLICY}] memory limit `{FAULT}` of container `web` is {FAULT} bytes" in (
        answer.warnings
    )
    worse = deepcopy(answer.body)
    resources = worse["spec"]["template"]["spec"]["containers"][0]["resources"]
    resources["limits"]["memory"] = resources["requests"]["memory"] = "64"
    said = denial(cluster.client.replace(worse))
    assert f"- {POLICY}: memory limit `64` of container `web` is 64 bytes" in said


def test_ratchet_rename(cluster: Cluster, kguard: Kguard, namespace: Namespace) -> None:
    """A fault that moves to another container is a new one."""
    shop = namespace("labelled-rename")
    known(cluster, shop)
    stored = cluster.client.create(deployment(shop, "web", FAULT)).ok().body
    enforce(cluster, shop)
    stored["spec"]["template"]["spec"]["containers"][0]["name"] = "other"
    assert "of container `other`" in denial(cluster.client.replace(stored))


def test_exception(
    cluster: Cluster, kguard: Kguard, namespace: Namespace, replica: Replica
) -> None:
    """An exception lets exactly the object pass that it names, and the log says whose it is."""
    shop = namespace(EXCEPTIONS)
    answer = cluster.client.create(deployment(shop, "excepted", FAULT)).ok()
    assert answer.warnings == ()
    findings = replica.reviews("excepted")[0]["findings"]
    assert {each["effect"] for each in findings} == {"excepted"}
    assert {each["why"] for each in findings} == {f"exception of team-a until {day(30)}"}
    (event,) = cluster.audit("excepted")
    assert event["annotations"]["admission.kguard.dev/exceptions"] == findings[0]["why"]
    assert denial(cluster.client.create(deployment(shop, "excepted-not", FAULT)))
    elsewhere = namespace("enforce-other")
    assert denial(cluster.client.create(deployment(elsewhere, "excepted", FAULT)))


def test_exception_generate_name(cluster: Cluster, kguard: Kguard, namespace: Namespace) -> None:
    """An exception for a generateName holds for all that is made with it, not for a like name."""
    shop = namespace(EXCEPTIONS)
    unnamed = pod(shop, "", FAULT, generateName="excepted-")
    del unnamed["metadata"]["name"]
    assert cluster.client.create(unnamed).ok().warnings == ()
    assert denial(cluster.client.create(pod(shop, "excepted-abcde", FAULT)))


def test_exception_expired(cluster: Cluster, kguard: Kguard, namespace: Namespace) -> None:
    """An exception that is over lets nothing through, and the refusal says when it ended."""
    shop = namespace(EXCEPTIONS)
    said = denial(cluster.client.create(deployment(shop, "expired", FAULT)))
    assert said.splitlines()[1].endswith(ENDED)


def test_replacement(cluster: Cluster, kguard: Kguard, namespace: Namespace) -> None:
    """A trusted controller's replacement Pod is warned about; the same Pod of a user is denied."""
    shop = namespace(EXCEPTIONS)
    for number, user in enumerate((REPLICASETS, ARGO_CONTROLLER)):
        controller = cluster.client.acting_as(user, "system:masters")
        made = owned(shop, f"expired-{number}", generateName="expired-")
        answer = controller.create(made).ok()
        assert any(warning.endswith(ENDED) for warning in answer.warnings), answer.warnings
    assert denial(cluster.client.create(owned(shop, "expired-9", generateName="expired-")))
    someone = cluster.client.acting_as("jane", "system:masters")
    assert denial(someone.create(owned(shop, "expired-9", generateName="expired-")))


def test_replacement_unowned(cluster: Cluster, kguard: Kguard, namespace: Namespace) -> None:
    """The controller's account alone is not enough: a Pod nobody owns is denied."""
    shop = namespace("enforce-unowned")
    controller = cluster.client.acting_as(REPLICASETS, "system:masters")
    assert denial(controller.create(pod(shop, "web", FAULT)))


def test_replacement_for_real(cluster: Cluster, kguard: Kguard, namespace: Namespace) -> None:
    """The real ReplicaSet controller replaces a deleted Pod after the exception has ended."""
    shop = namespace("labelled-drain")
    known(cluster, shop)
    controllers = cluster.start_controllers("replicaset-controller", "deployment-controller")
    try:
        cluster.client.create(deployment(shop, "web", FAULT)).ok()

        def pods() -> list[dict[str, Any]]:
            found = cluster.client.call("GET", f"/api/v1/namespaces/{shop}/pods").ok().body["items"]
            return [each for each in found if "deletionTimestamp" not in each["metadata"]]

        wait_until(lambda: len(pods()) == 2, "two Pods", seconds=60, process=controllers)
        enforce(cluster, shop)
        before = {each["metadata"]["uid"] for each in pods()}
        for each in pods():
            cluster.client.delete({**each, "apiVersion": "v1", "kind": "Pod"}).ok()
        wait_until(
            lambda: len(pods()) == 2 and not before & {p["metadata"]["uid"] for p in pods()},
            "two other Pods",
            process=controllers,
        )
        assert denial(cluster.client.create(deployment(shop, "web-2", FAULT)))
    finally:
        controllers.stop()


@pytest.mark.parametrize(("mode", "allowed"), [("annotated", True), ("enforce", False)])
def test_annotations(
    cluster: Cluster, kguard: Kguard, namespace: Namespace, mode: str, allowed: bool
) -> None:
    """An ignore annotation on an object counts only where the administrator allows it."""
    shop = namespace(f"{mode}-ignores")
    ignore = {f"ignore.kguard.dev/{POLICY}": "known, see the ticket"}
    made = deployment(shop, "web", FAULT, annotations=ignore)
    answer = cluster.client.create(made)
    if allowed:
        assert (answer.status, answer.warnings) == (201, ())
    else:
        assert POLICY in denial(answer)
