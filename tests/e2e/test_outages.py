"""What happens when something is away: the webhook, the API server, a replica."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator

import pytest
from e2e_cluster import Cluster
from e2e_kguard import ROOT, Kguard, denial
from e2e_load import Load
from e2e_objects import FAULT, deployment, pod, workflow
from e2e_processes import wait_until

Namespace = Callable[..., str]

FAILED_OPEN = "failed-open.validating.webhook.admission.k8s.io/round_0_index_0"


@pytest.fixture
def fail(kguard: Kguard, cluster: Cluster) -> Iterator[None]:
    """failurePolicy Fail, known to the API server; Ignore again afterwards."""
    kguard.set_failure_policy("Fail")
    yield
    kguard.set_failure_policy("Ignore")


def wait_refused(cluster: Cluster, namespace: str) -> None:
    """Wait until a good Pod is refused, because nobody can judge it."""

    def refused() -> bool:
        answer = cluster.client.create(pod(namespace, "any"), dry_run=True)
        return answer.status == 500 and (
            'failed calling webhook "admission.kguard.dev"' in answer.message
        )

    wait_until(refused, "a refusal")


def command(kguard: Kguard, *words: str) -> subprocess.CompletedProcess[str]:
    """Run a command of kguard with the rights of its service account."""
    token = kguard.cluster.service_account_token("kguard", "kguard")
    config = kguard.cluster.kubeconfig("command", token)
    return subprocess.run(
        [sys.executable, "-m", "kguard", *words, f"--kubeconfig={config}"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


def test_killed_under_ignore(cluster: Cluster, kguard: Kguard, namespace: Namespace) -> None:
    """Killed under Ignore: objects pass unjudged, as the API server notes, until kguard is back."""
    shop = namespace("enforce-ignore")
    counter = "apiserver_admission_webhook_fail_open_count"
    before = cluster.metric(counter, name="admission.kguard.dev")
    kguard.stop_replica(kguard.replicas[0], kill=True)
    cluster.client.create(pod(shop, "slipped", FAULT)).ok()
    assert cluster.metric(counter, name="admission.kguard.dev") == before + 1
    (event,) = cluster.audit("slipped")
    assert event["annotations"][FAILED_OPEN] == "admission.kguard.dev"
    kguard.start_replica()
    kguard.wait_served()
    assert denial(cluster.client.create(pod(shop, "caught", FAULT)))


def test_killed_under_fail(
    cluster: Cluster, kguard: Kguard, fail: None, namespace: Namespace
) -> None:
    """Killed under Fail: nothing passes, until kguard runs again or `kguard disarm` is called."""
    shop = namespace("enforce-fail")
    cluster.client.create(pod(shop, "first")).ok()
    cluster.client.create(deployment(shop, "web")).ok()
    kguard.stop_replica(kguard.replicas[0], kill=True)
    wait_refused(cluster, shop)
    # Whatever scales workloads goes on.
    done = cluster.kubectl("-n", shop, "scale", "deployment/web", "--replicas=5")
    assert done.returncode == 0, done.stderr
    done = command(kguard, "disarm")
    assert done.returncode == 0, done.stderr
    assert kguard.configuration()["webhooks"][0]["failurePolicy"] == "Ignore"
    wait_until(
        lambda: cluster.client.create(pod(shop, "third"), dry_run=True).status == 201, "passing"
    )
    kguard.set_failure_policy("Fail")
    wait_refused(cluster, shop)
    kguard.start_replica()
    kguard.wait_served()
    cluster.client.create(pod(shop, "fourth")).ok()
    assert denial(cluster.client.create(pod(shop, "fifth", FAULT)))


def test_deadlock(cluster: Cluster, kguard: Kguard, fail: None, namespace: Namespace) -> None:
    """Dead under Fail: nodes, namespaces, kube-system and kguard itself can still be brought up."""
    kguard.stop_replica(kguard.replicas[0], kill=True)
    shop = namespace("enforce-mirror")
    wait_refused(cluster, shop)
    node = {"apiVersion": "v1", "kind": "Node", "metadata": {"name": "new"}}
    shared = {**workflow("", "shared"), "kind": "ClusterWorkflowTemplate"}
    shared["metadata"] = {"name": "shared"}
    created = [
        node,
        {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "new"}},
        pod("kube-system", "dns"),
        deployment("kguard", "kguard"),
        shared,
    ]
    for thing in created:
        cluster.client.create(thing, dry_run=True).ok()
    kubelet = cluster.client.acting_as("system:node:new", "system:nodes", "system:masters")
    kubelet.create(pod(shop, "static"), dry_run=True).ok()


def test_probe(cluster: Cluster, kguard: Kguard) -> None:
    """`kguard probe` finds nothing wrong with what the API server meets, and fails without it."""
    url = f"https://127.0.0.1:{kguard.forwarder.port}/validate"
    done = command(kguard, "probe", f"--url={url}", "--namespace=kguard")
    assert done.returncode == 0, done.stdout + done.stderr
    assert {line.split()[0] for line in done.stdout.splitlines()} == {"ok"}
    kguard.stop_replica(kguard.replicas[0])
    assert command(kguard, "probe", f"--url={url}", "--namespace=kguard").returncode == 1


def test_apiserver_restarted(cluster: Cluster, kguard: Kguard, namespace: Namespace) -> None:
    """The API server restarts: reviews and watches go on without a restart of kguard."""
    shop, later = namespace("enforce-restart"), namespace("restart-later")
    assert denial(cluster.client.create(pod(shop, "before", FAULT)))
    process = kguard.replicas[0].process
    cluster.restart_apiserver()
    assert denial(cluster.client.create(pod(shop, "after", FAULT)))
    # Only a watch can tell it about the label.
    found = cluster.client.get("Namespace", later).ok().body
    cluster.client.patch(found, {"metadata": {"labels": {"policies": "enforced"}}}).ok()
    wait_until(
        lambda: cluster.client.create(pod(later, "web", FAULT), dry_run=True).status == 403,
        "the watch of namespaces",
        seconds=60,
    )
    assert process.running()
    assert kguard.replicas[0].process is process


def test_rolling_restart(
    cluster: Cluster, kguard: Kguard, fail: None, namespace: Namespace
) -> None:
    """Two replicas are restarted one by one under load and failurePolicy Fail: no call is lost."""
    shop = namespace("enforce-rolling")
    kguard.start_replica()
    kguard.wait_served()
    old = [*kguard.replicas]
    with Load(cluster.client, shop) as load:
        for replica in old:
            kguard.start_replica()  # maxSurge 1, maxUnavailable 0
            kguard.wait_served()
            load.progress()
            port = replica.backend.health_port
            drain = [sys.executable, "-m", "kguard", "drain", "--wait=3", f"--health-port={port}"]
            subprocess.run(drain, cwd=ROOT, check=True, timeout=30)  # The chart's preStop.
            assert replica.backend not in kguard.forwarder.ready
            replica.terminate()
            assert replica.process.wait(30) == 0
            kguard.forget(replica)
            load.progress()
    assert load.failures == []
    assert load.calls > 100
    for replica in kguard.replicas:
        assert replica.metric("kguard_admission_requests_total") > 0
