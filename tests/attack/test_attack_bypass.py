"""Ways past the policies: every one of them has to end as if nobody had tried."""

from __future__ import annotations

import datetime
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from attack_server import Server, serving
from attack_wire import ALLOW, DENY, verdict
from webhook_reviews import asked, deployment, pod, pod_spec

BAD = {"name": "bad", "image": "a:1", "resources": {"limits": {"memory": "64Mb"}}}
LIMITS = {"limits": {"memory": "64Mb"}}
WRONG = deployment(resources=LIMITS)
OWNER = {"apiVersion": "apps/v1", "kind": "ReplicaSet", "name": "x", "uid": "1", "controller": True}
REPLICASETS = "system:serviceaccount:kube-system:replicaset-controller"


def holding(place: str, container: Any = BAD, **spec: Any) -> dict[str, Any]:
    """A Pod with a container in some list of its spec."""
    data = pod()
    data["spec"] |= {place: [container], **spec}
    return data


def argo(kind: str = "Workflow", spec: Any = None, **template: Any) -> dict[str, Any]:
    """A Workflow, or what holds one, with a template; `spec` in place of the whole."""
    inner = spec or {"entrypoint": "main", "templates": [{"name": "main", **template}]}
    return {
        "apiVersion": "argoproj.io/v1alpha1",
        "kind": kind,
        "metadata": {"name": "run", "namespace": "shop"},
        "spec": {"schedules": ["0 3 * * *"], "workflowSpec": inner} if "Cron" in kind else inner,
    }


def workload(api: str, kind: str, *path: str) -> dict[str, Any]:
    """A workload of some version whose pod template is at a path of its spec."""
    spec: dict[str, Any] = {"spec": pod_spec(resources=LIMITS)}
    for key in reversed(path):
        spec = {key: spec}
    metadata = {"name": "web", "namespace": "shop"}
    return {"apiVersion": api, "kind": kind, "metadata": metadata, "spec": spec}


def marked(**metadata: Any) -> dict[str, Any]:
    """A wrong Deployment with more metadata, on its pods, too."""
    data = deployment(resources=LIMITS)
    data["metadata"] |= metadata
    data["spec"]["template"]["metadata"] |= metadata
    return data


IGNORE = {
    f"ignore.kguard.dev/{name}": "known (until 2099-01-01)"
    for name in ("quantity-invalid", "ALL", "*", "resources", "Quantity-Invalid")
}
DEPTH = {"name": "a", "template": "main"}

HIDDEN = {
    # Where a container can be.
    "an init container": holding("initContainers"),
    "a sidecar": holding("initContainers", {**BAD, "restartPolicy": "Always"}),
    "an ephemeral container": holding("ephemeralContainers"),
    "a second container": holding("containers", BAD),
    "a container of another's name": holding("initContainers", {**BAD, "name": "web"}),
    "a container without a name": holding("containers", {"image": "a:1", "resources": LIMITS}),
    "a container behind a thousand": holding("containers", BAD, initContainers=[BAD] * 1000),
    "Argo's container": argo(container=BAD),
    "Argo's script": argo(script={**BAD, "command": ["sh"], "source": "true"}),
    "Argo's set": argo(containerSet={"containers": [BAD]}),
    "Argo's init container": argo(initContainers=[BAD], container={"image": "a:1"}),
    "Argo's sidecar": argo(sidecars=[BAD], container={"image": "a:1"}),
    "an inline step": argo(steps=[[{"name": "a", "inline": {"container": BAD}}]]),
    "an inline task": argo(dag={"tasks": [{"name": "a", "inline": {"container": BAD}}]}),
    "a template nobody calls": argo(
        spec={"entrypoint": "main", "templates": [DEPTH, {"name": "other", "container": BAD}]}
    ),
    "a WorkflowTemplate": argo("WorkflowTemplate", container=BAD),
    "a CronWorkflow": argo("CronWorkflow", container=BAD),
    # Kinds and versions.
    "a StatefulSet": workload("apps/v1", "StatefulSet", "template"),
    "a DaemonSet": workload("apps/v1", "DaemonSet", "template"),
    "a ReplicaSet": workload("apps/v1", "ReplicaSet", "template"),
    "a ReplicationController": workload("v1", "ReplicationController", "template"),
    "a Job": workload("batch/v1", "Job", "template"),
    "a CronJob": workload("batch/v1", "CronJob", "jobTemplate", "spec", "template"),
    "an old Deployment": workload("extensions/v1beta1", "Deployment", "template"),
    "a middle-aged Deployment": workload("apps/v1beta2", "Deployment", "template"),
    "a Deployment to come": workload("apps/v2", "Deployment", "template"),
    "an old CronJob": workload("batch/v1beta1", "CronJob", "jobTemplate", "spec", "template"),
    # What an object says of itself.
    "a completed Workflow": {
        **argo(container=BAD),
        "metadata": {"name": "a", "labels": {"workflows.argoproj.io/completed": "true"}},
    },
    "a finished status": {**argo(container=BAD), "status": {"phase": "Succeeded"}},
    "a deletion under way": marked(deletionTimestamp="2026-01-01T00:00:00Z", finalizers=["a/b"]),
    "ignored by annotation": marked(annotations=IGNORE),
    "exempt by labels": marked(labels={"admission.gatekeeper.sh/ignore": "", "kguard": "off"}),
    "exempt from others": marked(annotations={"polaris.fairwinds.com/exempt": "true"}),
    "a forged owner": marked(ownerReferences=[OWNER]),
    "a static pod": {
        **holding("containers", BAD),
        "metadata": {"name": "a", "annotations": {"kubernetes.io/config.mirror": "x"}},
    },
    "another namespace inside": marked(namespace="kube-system"),
}  # fmt: skip

# Quantities that Argo's controller merges into a container from somewhere else.
PATCH = json.dumps({"containers": [{"name": "main", "resources": LIMITS}]})
MERGED = {
    "Argo's defaults": argo(
        spec={
            "entrypoint": "main",
            "templateDefaults": {"container": {"resources": LIMITS}},
            "templates": [{"name": "main", "container": {"image": "a:1"}}],
        }
    ),
    "a patch of a template": argo(container={"image": "a:1"}, podSpecPatch=PATCH),
    "a patch of a Workflow": argo(
        spec={
            "entrypoint": "main",
            "podSpecPatch": PATCH,
            "templates": [{"name": "main", "container": {"image": "a:1"}}],
        }
    ),
}


@pytest.mark.parametrize("data", MERGED.values(), ids=[f"{x} -> {DENY}" for x in MERGED])
def test_a_fault_is_found_in_what_is_merged(server: Server, data: dict[str, Any]) -> None:
    assert verdict(server.review(asked(data))) == DENY


@pytest.mark.parametrize("data", HIDDEN.values(), ids=[f"{x} -> {DENY}" for x in HIDDEN])
def test_a_fault_is_found_wherever_it_hides(server: Server, data: dict[str, Any]) -> None:
    assert verdict(server.review(asked(data))) == DENY


CALLERS = {
    "a user with an owner": ("alice", [OWNER], DENY),
    "a trusted controller with an owner": (REPLICASETS, [OWNER], ALLOW),
    "a trusted controller without one": (REPLICASETS, [], DENY),
    "a trusted controller, no controller": (REPLICASETS, [{**OWNER, "controller": False}], DENY),
    "a trusted controller, a word": (REPLICASETS, [{**OWNER, "controller": "true"}], DENY),
    "a trusted controller, a number": (REPLICASETS, [{**OWNER, "controller": 1}], DENY),
    "a longer name": (f"{REPLICASETS}2", [OWNER], DENY),
    "a name in capitals": (REPLICASETS.upper(), [OWNER], DENY),
    "a name with a blank": (f"{REPLICASETS} ", [OWNER], DENY),
    "a name with NUL": (f"{REPLICASETS}\0", [OWNER], DENY),
    "another namespace": (REPLICASETS.replace("kube-system", "shop"), [OWNER], DENY),
    "an anonymous user": ("system:anonymous", [OWNER], DENY),
    "an administrator": ("kubernetes-admin", [], DENY),
    "a node by name only": ("system:node:a", [], DENY),
}


@pytest.mark.parametrize(
    ("user", "owners", "expected"),
    CALLERS.values(),
    ids=[f"{name} -> {e}" for name, (_, _, e) in CALLERS.items()],
)
def test_who_asks(server: Server, user: str, owners: list[Any], expected: str) -> None:
    data = pod(resources=LIMITS)
    data["metadata"]["ownerReferences"] = owners
    assert expected == verdict(server.review(asked(data, user=user)))


GROUPS = ["system:node", "system:nodes2", "System:Nodes", " system:nodes", "system:masters", ""]


@pytest.mark.parametrize("group", GROUPS, ids=[f"{x!r} -> {DENY}" for x in GROUPS])
def test_groups_that_are_not_that_of_nodes(server: Server, group: str) -> None:
    assert verdict(server.review(asked(WRONG, groups=[group]))) == DENY


# The ratchet: an update may keep what was there, and not a bit more.


def of(*containers: dict[str, Any], **spec: Any) -> dict[str, Any]:
    """A Deployment of some containers."""
    data = deployment()
    data["spec"]["template"]["spec"] |= {"containers": list(containers), **spec}
    return data


FINE = deployment()["spec"]["template"]["spec"]["containers"][0]
A, B = {**BAD, "name": "a"}, {**FINE, "name": "b"}
FORM = {"limits": {"memory": "064Mb"}}
TWICE = {**A, "resources": {"limits": {"memory": "64Mb", "cpu": "1x"}}}

UPDATES = {
    "kept as it was": (of(A), {**of(A), "metadata": {"name": "web", "labels": {"x": "y"}}}, ALLOW),
    "kept in another order": (of(A, B), of(B, A), ALLOW),
    "kept, and an image changed": (of(A), of({**A, "image": "a:2"}), ALLOW),
    "removed": (of(A), of(B), ALLOW),
    "another value": (of(A), of({**A, "resources": {"limits": {"memory": "65Mb"}}}), DENY),
    "the value in another form": (of(A), of({**A, "resources": FORM}), DENY),
    "a container renamed": (of(A), of({**A, "name": "c"}), DENY),
    "moved to its neighbour": (of(A, B), of({**B, "name": "a"}, {**A, "name": "b"}), DENY),
    "moved to an init container": (of(A), of(B, initContainers=[A]), DENY),
    "one more beside it": (of(A), of(A, {**A, "name": "c"}), DENY),
    "one more in the same container": (of(A), of(TWICE), DENY),
    "a request beside the limit": (
        of(A),
        of({**A, "resources": {"limits": {"memory": "64Mb"}, "requests": {"memory": "64Mb"}}}),
        DENY,
    ),
    "new to something fine": (of(B), of(A), DENY),
    "deleted and created again": (None, of(A), DENY),
    "an old object of another kind": (pod(resources=LIMITS), of(A), DENY),
    "an old object of nothing": ({"apiVersion": "apps/v1", "kind": "Deployment"}, of(A), DENY),
    "an old object that ignores it": ({**of(B), "metadata": {"annotations": IGNORE}}, of(A), DENY),
    "spec and status swapped": ({**of(B), "status": of(A)["spec"]}, of(A), DENY),
}  # fmt: skip


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    UPDATES.values(),
    ids=[f"{name} -> {e}" for name, (_, _, e) in UPDATES.items()],
)
def test_the_ratchet(server: Server, old: Any, new: Any, expected: str) -> None:
    assert expected == verdict(server.review(asked(new, old=old)))


STATUS = {
    "status": {"phase": "Running"},
    "metadata": {"name": "run", "labels": {"workflows.argoproj.io/phase": "Running"}},
}


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        pytest.param({}, ALLOW, id="only the status -> AR-allow"),
        pytest.param({"extra": 1}, DENY, id="a field beside the specification -> AR-deny"),
        pytest.param({"spec": argo(script=BAD)["spec"]}, DENY, id="the specification -> AR-deny"),
    ],
)
def test_status_writes(server: Server, changed: dict[str, Any], expected: str) -> None:
    old = argo("Workflow", container=BAD)
    old["spec"]["templates"][0]["container"] = {**BAD, "resources": {"limits": {"memory": "1Zb"}}}
    new = {**old, **STATUS, **changed}
    if changed:
        new["spec"] = argo(script=BAD)["spec"]
    assert expected == verdict(server.review(asked(new, old=old)))


# Exceptions: what each of them says, and not a letter more.

TODAY = datetime.datetime.now(datetime.UTC).date()


def exception(**changed: Any) -> dict[str, Any]:
    """An exception that lets WRONG through, but for what is changed; `...` drops a field."""
    usual = {
        "policy": "quantity-invalid",
        "kind": "Deployment",
        "namespace": "shop",
        "name": "web",
        "reason": "known",
        "owner": "team",
        "expires": str(TODAY + datetime.timedelta(days=30)),
    }
    return {k: v for k, v in {**usual, **changed}.items() if v is not ...}


def days(number: int) -> str:
    """A day so far ahead."""
    return str(TODAY + datetime.timedelta(days=number))


ELSEWHERE = {
    "another namespace": [exception(namespace="other")],
    "another name": [exception(name="web2"), exception(name="we"), exception(name="Web")],
    "a name as an expression": [exception(name="web|x"), exception(name="(web)")],
    "another kind": [exception(kind="Pod"), exception(kind="StatefulSet")],
    "another policy": [exception(policy="image-latest")],
    "yesterday": [exception(expires=days(-1))],
    "too far ahead": [exception(expires=days(181)), exception(expires="9999-12-31")],
    "another place": [exception(path="spec.template.spec.containers[other]")],
    "a part of the place": [exception(path="spec"), exception(path="spec.template")],
    "two halves": [exception(policy="zero-request"), exception(name="other", path="spec")],
    "a generated name": [exception(name=..., **{"generate-name": "web"})],
}


@pytest.fixture(scope="module")
def excepting(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server with exceptions for every namespace but those that are asked about."""
    folder = tmp_path_factory.mktemp("excepting")
    (folder / "policies").mkdir()
    entries = [each for many in ELSEWHERE.values() for each in many]
    write(folder / "policies", entries)
    with serving(folder) as server:
        yield server


def write(folder: Path, entries: list[dict[str, Any]]) -> None:
    """A file of exceptions."""
    text = json.dumps({"exceptions": entries})
    (folder / "exceptions.yaml").write_text(text, encoding="utf-8")


def test_all_exceptions_that_miss_let_nothing_through(excepting: Server) -> None:
    # All of them at once: they do not add up either.
    answer = excepting.review(asked(WRONG))
    assert verdict(answer) == DENY
    excepting.must_answer()


@pytest.mark.parametrize(
    "more",
    [{"user": "system:admin"}, {"dryRun": True}, {"namespace": "shop "}, {"name": "web\0"}],
    ids=str,
)
def test_nothing_in_a_request_makes_an_exception_match(
    excepting: Server, more: dict[str, Any]
) -> None:
    assert verdict(excepting.review(asked(WRONG, **more))) == DENY


def test_the_one_that_matches_is_in_force(tmp_path: Path) -> None:
    (tmp_path / "policies").mkdir()
    write(tmp_path / "policies", [exception()])
    with serving(tmp_path) as server:
        assert verdict(server.review(asked(WRONG))) == ALLOW
        for name, namespace in (("web2", "shop"), ("web", "other")):
            other = deployment(name, namespace, resources=LIMITS)
            assert verdict(server.review(asked(other))) == DENY
