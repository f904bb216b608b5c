"""The chart, judged by the API server itself."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from e2e_client import PLURALS
from e2e_cluster import Cluster
from e2e_kguard import CHART, NAMESPACE, Kguard, render

VALUES = sorted((CHART / "ci").glob("*.yaml"))

# Of other projects, whose definitions are not in this cluster.
FOREIGN = {"Certificate", "Issuer", "PrometheusRule", "ServiceMonitor"}


@pytest.mark.parametrize("values", VALUES, ids=lambda path: path.stem)
def test_objects(cluster: Cluster, installation: Kguard, values: Path) -> None:
    """The API server takes every object of the chart, without an unknown field or a warning."""
    version = cluster.client.call("GET", "/version").ok().body["gitVersion"]
    objects = render(installation.helm, values, kube=version)
    assert objects
    kinds = {thing["kind"] for thing in objects}
    assert kinds - set(PLURALS) <= FOREIGN
    for thing in objects:
        if thing["kind"] in FOREIGN:
            continue
        named = f"{thing['kind']}/{thing['metadata']['name']}"
        answer = cluster.client.apply(thing, dry_run=True)
        assert (named, answer.status, answer.message, answer.warnings) == (
            named,
            answer.status if answer.status in (200, 201) else 200,
            "",
            (),
        )


ALLOWED: list[tuple[str, str, str, str, str]] = [
    ("get", "", "secrets", "kguard-tls", NAMESPACE),
    ("update", "", "secrets", "kguard-tls", NAMESPACE),
    ("patch", "admissionregistration.k8s.io", "validatingwebhookconfigurations", "kguard", ""),
    ("watch", "", "namespaces", "", ""),
    ("list", "argoproj.io", "workflowtemplates", "", ""),
    ("get", "", "configmaps", "workflow-controller-configmap", "argo"),
]
REFUSED: list[tuple[str, str, str, str, str]] = [
    ("get", "", "secrets", "other", NAMESPACE),
    ("get", "", "secrets", "kguard-tls", "default"),
    ("list", "", "secrets", "", NAMESPACE),
    ("create", "", "secrets", "", NAMESPACE),
    ("patch", "admissionregistration.k8s.io", "validatingwebhookconfigurations", "other", ""),
    ("create", "admissionregistration.k8s.io", "validatingwebhookconfigurations", "", ""),
    ("get", "", "configmaps", "kguard-policies", NAMESPACE),
    ("list", "", "configmaps", "", "default"),
    ("list", "", "pods", "", "default"),
    ("list", "argoproj.io", "workflows", "", "default"),
    ("create", "", "pods", "", NAMESPACE),
]


@pytest.mark.parametrize("allowed", [True, False], ids=["may", "may not"])
def test_rights(cluster: Cluster, installation: Kguard, allowed: bool) -> None:
    """The service account of the chart has the rights it needs and none beside them."""
    for verb, group, resource, name, namespace in ALLOWED if allowed else REFUSED:
        attributes = {"verb": verb, "group": group, "resource": resource, "name": name}
        spec: dict[str, Any] = {
            "user": f"system:serviceaccount:{NAMESPACE}:kguard",
            "groups": ["system:serviceaccounts", "system:authenticated"],
            "resourceAttributes": {**attributes, "namespace": namespace},
        }
        version = "authorization.k8s.io/v1"
        review = {"apiVersion": version, "kind": "SubjectAccessReview", "spec": spec}
        path = f"/apis/{version}/subjectaccessreviews"
        answer = cluster.client.call("POST", path, review).ok()
        found = (verb, resource, name, namespace, answer.body["status"]["allowed"])
        assert found == (verb, resource, name, namespace, allowed)
