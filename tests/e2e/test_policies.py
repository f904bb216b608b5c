"""Policies, exceptions and what is known of the cluster change while kguard runs."""

from __future__ import annotations

from collections.abc import Callable

from e2e_cluster import Cluster
from e2e_kguard import NAMESPACE, Kguard, Replica, denial
from e2e_objects import FAULT, deployment, pod
from e2e_policies import WEBHOOK, webhook_yaml
from e2e_processes import wait_until

Namespace = Callable[..., str]

POLL = 30
"""Seconds to wait for a change: kguard looks every ten."""


def test_reload(cluster: Cluster, kguard: Kguard, replica: Replica, namespace: Namespace) -> None:
    """The mounted ConfigMap changes: new policies hold, broken ones are refused."""
    shop = namespace("reload")

    def status() -> int:
        return cluster.client.create(pod(shop, "trial", FAULT), dry_run=True).status

    def reloads(result: str) -> float:
        return replica.metric("kguard_policy_reload_total", result=result)

    stored = cluster.client.get("ConfigMap", "kguard-policies", NAMESPACE).ok().body["data"]
    wait_until(lambda: status() == 201, "the labels of the namespace")
    revision = replica.reviews("trial")[-1]["revision"]
    enforced = [*WEBHOOK["modes"], {"namespaces": ["reload"], "mode": "enforce"}]
    kguard.set_policies(webhook=webhook_yaml(modes=enforced))
    wait_until(lambda: status() == 403, "the new policies", seconds=POLL)
    assert replica.reviews("trial")[-1]["revision"] != revision

    failures = reloads("failure")
    kguard.set_policies(webhook='{"mode": "enfroce"}')
    wait_until(lambda: reloads("failure") > failures, "the refusal", seconds=POLL)
    assert status() == 403
    assert "enfroce" in replica.process.output()
    path = f"/api/v1/namespaces/{NAMESPACE}/events"
    events = cluster.client.call("GET", path).ok().body["items"]
    (event,) = [each for each in events if "enfroce" in each["message"]]
    assert (event["type"], event["reason"]) == ("Warning", "PoliciesRefused")
    assert event["involvedObject"]["name"] == replica.process.name

    kguard.set_policies(webhook=stored["webhook.yaml"])
    wait_until(lambda: status() == 201, "the old policies", seconds=POLL)
    assert replica.reviews("trial")[-1]["revision"] == revision


def test_context(cluster: Cluster, kguard: Kguard, replica: Replica, namespace: Namespace) -> None:
    """A LimitRange in the cluster answers for what a Deployment leaves out."""
    shop = namespace("warn-context")
    assert replica.metric("kguard_context_synced", kind="LimitRange") == 1
    bare = deployment(shop, "web")
    del bare["spec"]["template"]["spec"]["containers"][0]["resources"]

    def missing() -> set[str]:
        warnings = cluster.client.create(bare, dry_run=True).ok().warnings
        return {each.split("]")[0].strip("[") for each in warnings if "missing-" in each}

    assert {"missing-memory-limit", "missing-memory-request"} <= missing()
    limits = {"type": "Container", "default": {"memory": "256Mi"}}
    range_ = {
        "apiVersion": "v1",
        "kind": "LimitRange",
        "metadata": {"namespace": shop, "name": "defaults"},
        "spec": {"limits": [limits]},
    }
    cluster.client.create(range_).ok()
    wait_until(lambda: not {each for each in missing() if "memory" in each}, "the LimitRange")
    cluster.client.delete(range_).ok()
    wait_until(lambda: "missing-memory-limit" in missing(), "no LimitRange any more")


def test_foreign_exception_file(cluster: Cluster, kguard: Kguard, namespace: Namespace) -> None:
    """An exception is taken from the administrators' ConfigMap only, not from a namespace's own."""
    shop = namespace("enforce-foreign")
    found = cluster.client.get("ConfigMap", "kguard-policies", "kguard").ok().body
    own = {"namespace": shop, "name": "kguard-policies"}
    cluster.client.create({**found, "metadata": own}).ok()
    assert denial(cluster.client.create(pod(shop, "web", FAULT)))
