"""What users see of kguard through a real API server: refusals, warnings, and nothing else."""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy

from e2e_client import object_path
from e2e_cluster import Cluster
from e2e_kguard import Kguard, Replica, denial
from e2e_objects import FAULT, deployment, pod, workflow
from e2e_policies import ARGO_CONTROLLER, POLICY
from e2e_processes import wait_until

Namespace = Callable[..., str]

DENIED = 'admission webhook "admission.kguard.dev" denied the request: '
REQUEST = f"[{POLICY}] memory request `{FAULT}` of container `web` is {FAULT} bytes"
LIMIT = f"memory limit `{FAULT}` of container `web` is {FAULT} bytes"
CONTAINERS = "spec.template.spec.containers[web]"


def test_create_denied(cluster: Cluster, kguard: Kguard, namespace: Namespace) -> None:
    """kubectl create of a Deployment with a fault is denied, in exactly these words."""
    shop = namespace("enforce-create")
    done = cluster.kubectl("create", "-f", "-", stdin=deployment(shop, "web", FAULT))
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.splitlines() == [
        f"Warning: {REQUEST}",
        f'Error from server (Forbidden): error when creating "STDIN": {DENIED}'
        f"1 finding in Deployment/{shop}/web",
        f"- {POLICY}: {LIMIT} ({CONTAINERS}.resources.limits.memory)",
        f"`kguard explain {POLICY}` tells more; what cannot be changed needs an exception:"
        " https://github.com/kguard/kguard/blob/main/docs/webhook.md#exceptions",
    ]
    assert cluster.client.get("Deployment", "web", shop, "apps/v1").status == 404


def test_create_good(cluster: Cluster, kguard: Kguard, namespace: Namespace) -> None:
    """A good Deployment is created without a word."""
    shop = namespace("enforce-good")
    done = cluster.kubectl("create", "-f", "-", stdin=deployment(shop, "web"))
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == "deployment.apps/web created\n"


def test_warnings(cluster: Cluster, kguard: Kguard, namespace: Namespace) -> None:
    """In mode warn the same Deployment is created, and kubectl prints one line for each finding."""
    shop = namespace("warn-create")
    done = cluster.kubectl("create", "-f", "-", stdin=deployment(shop, "web", FAULT))
    assert done.stdout == "deployment.apps/web created\n"
    assert done.stderr.splitlines() == [f"Warning: [{POLICY}] {LIMIT}", f"Warning: {REQUEST}"]


def test_audit(cluster: Cluster, kguard: Kguard, namespace: Namespace, replica: Replica) -> None:
    """In mode audit nobody is told, but the decision log and the API server's audit log know."""
    shop = namespace("audit-create")
    answer = cluster.client.create(deployment(shop, "audited", FAULT)).ok()
    assert answer.warnings == ()
    (review,) = replica.reviews("audited")
    assert {each["effect"] for each in review["findings"]} == {"audited"}
    (event,) = cluster.audit("audited")
    annotations = event["annotations"]
    assert annotations["admission.kguard.dev/audited"] == POLICY
    assert annotations["admission.kguard.dev/decision"] == "allowed"


def test_apply(cluster: Cluster, kguard: Kguard, namespace: Namespace) -> None:
    """Server-side apply of something new is judged as what it creates."""
    shop = namespace("enforce-apply")
    assert LIMIT in denial(cluster.client.apply(deployment(shop, "web", FAULT)))


def test_update(cluster: Cluster, kguard: Kguard, namespace: Namespace) -> None:
    """An update that brings a fault in is denied, and the stored object stays as it was."""
    shop = namespace("enforce-update")
    stored = cluster.client.create(deployment(shop, "web")).ok().body
    changed = deepcopy(stored)
    resources = changed["spec"]["template"]["spec"]["containers"][0]["resources"]
    resources["limits"]["memory"] = resources["requests"]["memory"] = FAULT
    assert LIMIT in denial(cluster.client.replace(changed))
    assert LIMIT in denial(cluster.client.patch(stored, {"spec": changed["spec"]}))
    after = cluster.client.get("Deployment", "web", shop, "apps/v1").body
    assert after["metadata"]["resourceVersion"] == stored["metadata"]["resourceVersion"]


def test_dry_run(cluster: Cluster, kguard: Kguard, namespace: Namespace, replica: Replica) -> None:
    """A dry run is judged like the real thing and leaves nothing behind."""
    shop = namespace("enforce-dry-run")
    done = cluster.kubectl(
        "create", "--dry-run=server", "-f", "-", stdin=deployment(shop, "rehearsed", FAULT)
    )
    assert done.returncode == 1
    assert f"- {POLICY}: {LIMIT}" in done.stderr
    good = cluster.client.create(deployment(shop, "rehearsed"), dry_run=True).ok()
    assert good.body["metadata"]["name"] == "rehearsed"
    assert cluster.client.get("Deployment", "rehearsed", shop, "apps/v1").status == 404
    assert [review["dryRun"] for review in replica.reviews("rehearsed")] == [True, True]


def test_generate_name(cluster: Cluster, kguard: Kguard, namespace: Namespace) -> None:
    """An object with generateName is judged, and the refusal names what it would have become."""
    shop = namespace("enforce-generate")
    unnamed = pod(shop, "", FAULT, generateName="batch-")
    del unnamed["metadata"]["name"]
    first = denial(cluster.client.create(unnamed)).splitlines()[0]
    assert first.startswith(f"1 finding in Pod/{shop}/batch-")
    assert len(first) == len(f"1 finding in Pod/{shop}/batch-") + 5


def test_scale(cluster: Cluster, kguard: Kguard, namespace: Namespace, replica: Replica) -> None:
    """kubectl scale carries a number and no workload: it is not sent, unless that is asked for."""
    shop = namespace("enforce-scale")
    cluster.client.create(deployment(shop, "scaled")).ok()

    def scale(replicas: int) -> list[dict[str, object]]:
        done = cluster.kubectl("-n", shop, "scale", "deployment/scaled", f"--replicas={replicas}")
        assert (done.returncode, done.stderr) == (0, "")
        return [each for each in replica.reviews("scaled") if each.get("subResource")]

    assert scale(5) == []
    resources = "/webhooks/0/rules/1/resources"
    kguard.configure({"op": "add", "path": f"{resources}/-", "value": "deployments/scale"})
    try:
        wait_until(lambda: bool(scale(4) or scale(6)), "the configuration")
    finally:
        rest = kguard.configuration()["webhooks"][0]["rules"][1]["resources"][:-1]
        kguard.configure({"op": "replace", "path": resources, "value": rest})
    review = next(each for each in replica.reviews("scaled") if each.get("subResource"))
    expected = ("Scale", "scale", "skipped", "sub-resource")
    assert tuple(review[k] for k in ("kind", "subResource", "decision", "skipped")) == expected


def test_ephemeral_container(cluster: Cluster, kguard: Kguard, namespace: Namespace) -> None:
    """An ephemeral container with a fault is denied, a good one is added."""
    shop = namespace("strict-debug")
    stored = cluster.client.create(pod(shop, "web")).ok().body

    def debug(image: str) -> dict[str, object]:
        added = {"name": "debug", "image": image, "terminationMessagePolicy": "File"}
        return {"spec": {"ephemeralContainers": [added]}}

    refused = cluster.client.patch(stored, debug("busybox"), "ephemeralcontainers")
    assert "- image-latest: image `busybox` of ephemeral container `debug` has no tag" in denial(
        refused
    )
    cluster.client.patch(stored, debug("busybox:1.37.0"), "ephemeralcontainers").ok()


def test_resize(cluster: Cluster, kguard: Kguard, namespace: Namespace) -> None:
    """A resize of a Pod to a few bytes is denied, a sensible one passes."""
    shop = namespace("enforce-resize")
    stored = cluster.client.create(pod(shop, "web")).ok().body

    def sized(memory: str) -> dict[str, object]:
        amounts = {"limits": {"memory": memory}, "requests": {"memory": memory, "cpu": "100m"}}
        return {"spec": {"containers": [{**stored["spec"]["containers"][0], "resources": amounts}]}}

    assert LIMIT in denial(cluster.client.patch(stored, sized(FAULT), "resize"))
    resized = cluster.client.patch(stored, sized("256Mi"), "resize").ok().body
    assert resized["spec"]["containers"][0]["resources"]["limits"]["memory"] == "256Mi"


def test_workflow(cluster: Cluster, kguard: Kguard, namespace: Namespace) -> None:
    """A Workflow with a fault is denied, and so is one inside a CronWorkflow."""
    shop = namespace("enforce-argo")
    assert "memory limit" in denial(cluster.client.create(workflow(shop, "run", FAULT)))
    run = workflow(shop, "nightly", FAULT)
    cron = {"schedules": ["0 3 * * *"], "workflowSpec": run["spec"]}
    assert "memory limit" in denial(
        cluster.client.create({**run, "kind": "CronWorkflow", "spec": cron})
    )


def test_workflow_status(
    cluster: Cluster, kguard: Kguard, namespace: Namespace, replica: Replica
) -> None:
    """Argo's status writes, which change labels too, never reach the webhook."""
    shop = namespace("enforce-status")
    argo = cluster.client.acting_as(ARGO_CONTROLLER, "system:masters")
    stored = cluster.client.create(workflow(shop, "written")).ok().body
    wait_until(lambda: len(replica.reviews("written")) == 1, "the review of the creation")
    before = replica.metric("kguard_admission_requests_total")
    for phase in ("Running", "Succeeded"):
        labels = {"workflows.argoproj.io/phase": phase, "workflows.argoproj.io/completed": "true"}
        stored["metadata"] |= {"labels": labels, "annotations": {"pods": phase}}
        stored = argo.replace({**stored, "status": {"phase": phase}}).ok().body
    assert stored["status"] == {"phase": "Succeeded"}
    assert replica.metric("kguard_admission_requests_total") == before
    assert len(replica.reviews("written")) == 1
    # The same user's change of the specification is judged: nobody is exempt.
    changed = workflow(shop, "written", FAULT)["spec"]
    assert "memory limit" in denial(argo.replace({**stored, "spec": changed}))


def test_workflow_status_without_conditions(
    cluster: Cluster, kguard: Kguard, namespace: Namespace, replica: Replica
) -> None:
    """Without matchConditions (before 1.28) status writes are let through inside, unjudged."""
    shop = namespace("enforce-status-old")
    configuration = kguard.configuration()
    bare = [{**each, "matchConditions": []} for each in configuration["webhooks"]]
    cluster.client.replace({**configuration, "webhooks": bare}).ok()
    try:
        stored = cluster.client.create(workflow(shop, "old")).ok().body

        def written() -> bool:
            nonlocal stored
            stored["metadata"]["labels"] = {"step": stored["metadata"]["resourceVersion"]}
            stored = cluster.client.replace({**stored, "status": {"phase": "Running"}}).ok().body
            return len(replica.reviews("old")) > 1

        wait_until(written, "a status write that reaches the webhook")
        judged = replica.reviews("old")[-1]
        assert (judged["decision"], judged["skipped"]) == ("skipped", "unchanged")
    finally:
        current = kguard.configuration()
        for entry, was in zip(current["webhooks"], configuration["webhooks"], strict=True):
            entry["matchConditions"] = was["matchConditions"]
        cluster.client.replace(current).ok()


def test_unlisted_configmap(
    cluster: Cluster, kguard: Kguard, namespace: Namespace, replica: Replica
) -> None:
    """Of all ConfigMaps only the Argo controller's is sent to kguard, or watched by it."""
    shop, argo = namespace("warn-configmap"), namespace("argo")
    settings = {"apiVersion": "v1", "kind": "ConfigMap", "data": {"parallelism": "50"}}
    own = "workflow-controller-configmap"
    for place, name in ((shop, "settings"), (shop, own), (argo, "settings"), (argo, own)):
        metadata = {"namespace": place, "name": name}
        cluster.client.create({**settings, "metadata": metadata}).ok()
    wait_until(lambda: replica.reviews(own), "the review")
    assert [event["namespace"] for event in replica.reviews(own)] == [argo]
    assert replica.reviews("settings") == []
    assert replica.metric("kguard_context_synced", kind="ConfigMap") == 1


def test_cluster_scoped(
    cluster: Cluster, kguard: Kguard, namespace: Namespace, replica: Replica
) -> None:
    """A ClusterWorkflowTemplate goes through the second webhook, which never fails anybody."""
    template = {**workflow("", "shared", FAULT), "kind": "ClusterWorkflowTemplate"}
    template["metadata"] = {"name": "shared"}
    answer = cluster.client.create(template).ok()
    assert any(POLICY in warning for warning in answer.warnings)
    cluster.client.delete(template).ok()


def test_unevaluable(cluster: Cluster, kguard: Kguard, namespace: Namespace) -> None:
    """An object nested too deeply to be judged is denied where policies are enforced."""
    shop = namespace("enforce-deep")
    deep: object = "bottom"
    for _ in range(200):
        deep = {"a": deep}
    run = workflow(shop, "deep")
    run["spec"]["arguments"] = deep
    said = denial(cluster.client.create(run))
    assert "- kguard-unevaluable: the object cannot be judged: nested more than 100 levels" in said


def test_own_namespace(cluster: Cluster, kguard: Kguard, replica: Replica) -> None:
    """kguard's own namespace and kube-system are never reviewed."""
    for name in ("kguard", "kube-system"):
        cluster.client.create(pod(name, "unseen", FAULT)).ok()
        path = object_path(pod(name, "unseen"))
        cluster.client.call("DELETE", path, {"gracePeriodSeconds": 0}).ok()
    assert replica.reviews("unseen") == []
