"""Helm and kubectl install, upgrade and uninstall on a control plane that holds nothing else."""

from __future__ import annotations

import base64
import json
import os
import shlex
import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import groupby
from pathlib import Path
from typing import Any

import pytest
from e2e_client import CLUSTER_SCOPED, PLURALS
from e2e_cluster import Cluster
from e2e_kguard import CHART, NAMESPACE, ROOT
from e2e_processes import Reaper, free_port, wait_until
from e2e_tools import ControlPlane, helm3, helm4

ADMISSION, BATCH = "admissionregistration.k8s.io/v1", "batch/v1"
VERSIONS = {
    "ClusterRole": "rbac.authorization.k8s.io/v1",
    "ClusterRoleBinding": "rbac.authorization.k8s.io/v1",
    "ConfigMap": "v1",
    "Deployment": "apps/v1",
    "Job": BATCH,
    "PodDisruptionBudget": "policy/v1",
    "ResourceQuota": "v1",
    "Role": "rbac.authorization.k8s.io/v1",
    "RoleBinding": "rbac.authorization.k8s.io/v1",
    "Secret": "v1",
    "Service": "v1",
    "ServiceAccount": "v1",
    "ValidatingWebhookConfiguration": ADMISSION,
}


@pytest.fixture(scope="module")
def empty(
    programs: ControlPlane, tmp_path_factory: pytest.TempPathFactory, reaper: Reaper
) -> Iterator[Cluster]:
    """A control plane of its own, so that what is left behind is seen."""
    cluster = Cluster(programs, tmp_path_factory.mktemp("lifecycle"), reaper)
    try:
        cluster.start()
        yield cluster
    finally:
        cluster.stop()


def helm(program: Path, cluster: Cluster, *words: str) -> subprocess.CompletedProcess[str]:
    """Run Helm against the cluster, apart from what the user has configured."""
    home = cluster.folder / "helm"
    environment = {
        "KUBECONFIG": str(cluster.kubeconfig("helm", cluster.admin)),
        "HOME": str(home),
        "PATH": os.environ["PATH"],
    }
    return subprocess.run(
        [program, *words, "--namespace", NAMESPACE],
        capture_output=True,
        text=True,
        env=environment,
        timeout=120,
        check=False,
    )


def webhooks(cluster: Cluster) -> list[dict[str, Any]]:
    """The entries of the webhook configuration; none where there is no such object."""
    body = cluster.client.get("ValidatingWebhookConfiguration", "kguard", version=ADMISSION).body
    found: list[dict[str, Any]] = body.get("webhooks", [])
    return found


def state(cluster: Cluster) -> tuple[list[str], dict[str, str]]:
    """What kguard has written: the caBundle of each entry, and the data of its Secret."""
    bundles = [entry["clientConfig"].get("caBundle", "") for entry in webhooks(cluster)]
    return bundles, cluster.client.get("Secret", "kguard-tls", NAMESPACE).body.get("data", {})


def serve_until_trusted(cluster: Cluster, enough: Callable[[str], bool] = bool) -> None:
    """Let kguard write its CA, with the rights of the chart, and stop it."""
    token = cluster.service_account_token("kguard", NAMESPACE)
    process = cluster.run(
        "kguard-lifecycle",
        *(sys.executable, "-m", "kguard", "serve", "--host=127.0.0.1", "--health-host=127.0.0.1"),
        *(f"--port={free_port()}", f"--health-port={free_port()}", f"--namespace={NAMESPACE}"),
        *("--no-context", f"--kubeconfig={cluster.kubeconfig('serve', token)}"),
        PYTHONPATH=os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")]),
    )
    wait_until(lambda: all(map(enough, state(cluster)[0])), "caBundle", seconds=30, process=process)
    process.stop()


def left_behind(cluster: Cluster) -> list[str]:
    """Objects that say they are kguard's."""
    found = []
    for kind, version in VERSIONS.items():
        group = f"/apis/{version}" if "/" in version else f"/api/{version}"
        inside = "" if kind in CLUSTER_SCOPED else f"/namespaces/{NAMESPACE}"
        query = {"labelSelector": "app.kubernetes.io/name=kguard"}
        path = f"{group}{inside}/{PLURALS[kind]}"
        items = cluster.client.call("GET", path, query=query).ok().body["items"]
        found += [f"{kind}/{item['metadata']['name']}" for item in items]
    return found


@pytest.mark.parametrize("version", ["3", "4"])
def test_upgrade(empty: Cluster, version: str) -> None:
    """Helm installs; an upgrade keeps the CA and the caBundle; uninstalling leaves nothing."""
    program = helm3() if version == "3" else helm4()
    done = helm(program, empty, "install", "kguard", str(CHART), "--create-namespace")
    assert done.returncode == 0, done.stderr
    assert "kubectl delete validatingwebhookconfiguration kguard" in done.stdout
    assert [entry["timeoutSeconds"] for entry in webhooks(empty)] == [5, 5]
    serve_until_trusted(empty)
    before = state(empty)
    assert all(before[0])
    assert before[1]
    for setting, seconds in (("webhook.timeoutSeconds=7", 7), ("policies.webhook.mode=enforce", 5)):
        done = helm(program, empty, "upgrade", "kguard", str(CHART), "--set", setting)
        assert done.returncode == 0, done.stderr
        assert [entry["timeoutSeconds"] for entry in webhooks(empty)] == [seconds, seconds]
        assert state(empty) == before
    done = helm(program, empty, "uninstall", "kguard")
    assert done.returncode == 0, done.stderr
    assert left_behind(empty) == []


@pytest.mark.parametrize("version", ["3", "4"])
def test_armed_again(empty: Cluster, version: str) -> None:
    """After `kguard disarm` an upgrade arms again: by Helm 3 at once, by Helm 4 only by force."""
    program = helm3() if version == "3" else helm4()
    fail = ("--set", "webhook.failurePolicy=Fail", "--set", "disarm.enabled=false")
    done = helm(program, empty, "install", "kguard", str(CHART), "--create-namespace", *fail)
    assert done.returncode == 0, done.stderr
    kubeconfig = empty.kubeconfig("disarm", empty.admin)
    words = ("disarm", f"--kubeconfig={kubeconfig}")
    assert subprocess.run([sys.executable, "-m", "kguard", *words], cwd=ROOT).returncode == 0

    def armed() -> list[bool]:
        return [entry["failurePolicy"] == "Fail" for entry in webhooks(empty)]

    assert armed() == [False, False]
    done = helm(program, empty, "upgrade", "kguard", str(CHART), *fail)
    if version == "4":
        assert done.returncode != 0
        assert 'conflict with "kguard"' in done.stderr
        assert armed() == [False, False]
        done = helm(program, empty, "upgrade", "kguard", str(CHART), *fail, "--force-conflicts")
    assert done.returncode == 0, done.stderr
    assert armed() == [True, False], "the one for cluster-scoped objects never is"
    done = helm(program, empty, "uninstall", "kguard")
    assert done.returncode == 0, done.stderr


def test_a_foreign_ca(empty: Cluster) -> None:
    """A CA that somebody put into the caBundle stays, until kguard begins anew as the page says."""
    done = helm(helm3(), empty, "install", "kguard", str(CHART), "--create-namespace")
    assert done.returncode == 0, done.stderr
    foreign = empty.authority.certificate.read_bytes()
    encoded = base64.b64encode(foreign).decode()
    path = "/webhooks/%d/clientConfig/caBundle"
    patch = json.dumps([{"op": "add", "path": path % n, "value": encoded} for n in (0, 1)])
    place = ("patch", "validatingwebhookconfiguration", "kguard", "--type=json", f"--patch={patch}")
    assert empty.kubectl(*place).returncode == 0
    serve_until_trusted(empty, lambda bundle: certificates(bundle) == 2)
    page = (ROOT / "docs/webhook.md").read_text("utf-8").partition("have kguard begin anew:")[2]
    words = shlex.split(page.partition("```sh")[2].partition("```")[0], comments=True)
    said = [list(each) for head, each in groupby(words, "kubectl".__eq__) if not head]
    assert [" ".join(each[:2]) for each in said[:1]] == ["kguard disarm"]
    assert len(said) == 5
    for each in said[1:]:
        done = empty.kubectl(*each)
        assert done.returncode == 0, done.stderr
    assert state(empty) == (["", ""], {})
    serve_until_trusted(empty)
    assert [certificates(each) for each in state(empty)[0]] == [1, 1]
    assert helm(helm3(), empty, "uninstall", "kguard").returncode == 0


def certificates(bundle: str) -> int:
    """How many certificates a caBundle holds."""
    return base64.b64decode(bundle).count(b"BEGIN CERTIFICATE")


def test_helm_3_disarms(empty: Cluster) -> None:
    """Helm 3 uninstalls under Fail: `kguard disarm`, with the hook's own rights, comes first."""
    done = helm(
        helm3(),
        empty,
        *("install", "kguard", str(CHART), "--create-namespace"),
        *("--set", "webhook.failurePolicy=Fail"),
    )
    assert done.returncode == 0, done.stderr
    with ThreadPoolExecutor(1) as pool:
        uninstalling = pool.submit(helm, helm3(), empty, "uninstall", "kguard")

        def job() -> dict[str, Any]:
            body = empty.client.get("Job", "kguard-disarm", NAMESPACE, version=BATCH).body
            return dict(body) if body["kind"] == "Job" else {}

        # There is no node, so the test does what the Job's pod does, and then the Job's controller.
        wait_until(lambda: bool(job()), "the hook's Job", seconds=30)
        assert webhooks(empty), "nothing is deleted before the hook has run"
        pod = job()["spec"]["template"]["spec"]
        token = empty.service_account_token(pod["serviceAccountName"], NAMESPACE)
        words = [*pod["containers"][0]["args"], f"--kubeconfig={empty.kubeconfig('disarm', token)}"]
        disarm = subprocess.run(
            [sys.executable, "-m", "kguard", *words],
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=False,
        )
        assert disarm.returncode == 0, disarm.stderr
        assert webhooks(empty) == []
        now = "2026-01-01T00:00:00Z"
        conditions = [
            {"type": kind, "status": "True", "lastTransitionTime": now, "lastProbeTime": now}
            for kind in ("SuccessCriteriaMet", "Complete")
        ]
        status = {"succeeded": 1, "conditions": conditions}
        times = {"startTime": now, "completionTime": now}
        empty.client.patch(job(), {"status": {**status, **times}}, "status").ok()
        assert uninstalling.result(60).returncode == 0, uninstalling.result().stderr
    assert left_behind(empty) == []


@pytest.mark.parametrize("way", ["client-side", "server-side"])
def test_kubectl(empty: Cluster, way: str) -> None:
    """kubectl applies deploy/kguard.yaml, and again without touching the CA."""
    file = str(ROOT / "deploy" / "kguard.yaml")
    words = ["apply", "-f", file, *(["--server-side"] if way == "server-side" else [])]
    done = empty.kubectl(*words)
    assert done.returncode == 0, done.stderr
    serve_until_trusted(empty)
    before = state(empty)
    done = empty.kubectl(*words)
    assert done.returncode == 0, done.stderr
    assert state(empty) == before
    for thing in left_behind(empty):
        kind, name = thing.split("/")
        metadata = {"name": name, "namespace": NAMESPACE}
        empty.client.delete({"apiVersion": VERSIONS[kind], "kind": kind, "metadata": metadata})
    assert left_behind(empty) == []
