"""How many pods each kind of workload runs."""

from __future__ import annotations

from typing import Any

import pytest

from kguard.facts.replicas import Replicas, replicas_of
from kguard.kube.recognise import resources

HPA = {
    "apiVersion": "autoscaling/v2",
    "kind": "HorizontalPodAutoscaler",
    "spec": {"minReplicas": 2, "maxReplicas": 5},
}
UNKNOWN = Replicas(None, None, None)


@pytest.mark.parametrize(
    ("kind", "spec", "expected"),
    [
        ("apps/v1 Deployment", {"replicas": 3}, Replicas(3, 3, 3)),
        ("apps/v1 Deployment", {}, Replicas(None, 1, 1, assumed=True)),
        ("apps/v1 Deployment", {"replicas": "{{ n }}"}, UNKNOWN),
        ("apps/v1 Deployment", {"replicas": -1}, UNKNOWN),
        ("apps/v1 Deployment", {"replicas": True}, UNKNOWN),
        ("apps/v1 Deployment", {"replicas": 2, "test": True}, Replicas(2, 2, 2)),
        ("v1 ReplicationController", {"replicas": 2}, Replicas(2, 2, 2)),
        ("v1 ReplicationController", {}, Replicas(None, 1, 1, assumed=True)),
        ("argoproj.io/v1alpha1 Rollout", {}, Replicas(None, 1, 1, assumed=True)),
        ("apps.openshift.io/v1 DeploymentConfig", {"replicas": 2}, Replicas(2, 2, 2)),
        ("apps.openshift.io/v1 DeploymentConfig", {}, Replicas(None, 0, 0, assumed=True)),
        ("apps.openshift.io/v1 DeploymentConfig", {"replicas": 2, "test": True}, UNKNOWN),
        (
            "apps.openshift.io/v1 DeploymentConfig",
            {"replicas": 2, "test": False},
            Replicas(2, 2, 2),
        ),
        ("keda.sh/v1alpha1 ScaledJob", {"replicas": 2}, UNKNOWN),
        ("serving.knative.dev/v1 Service", {"replicas": 2}, UNKNOWN),
        ("apps/v1 DaemonSet", {"replicas": 2}, UNKNOWN),
        ("extensions/v1beta1 DaemonSet", {"replicas": 2}, UNKNOWN),
        ("batch/v1 Job", {"replicas": 2}, UNKNOWN),
        ("batch/v1 CronJob", {"replicas": 2}, UNKNOWN),
        ("v1 PodTemplate", {"replicas": 2}, UNKNOWN),
        ("v1 Pod", {}, Replicas(None, 1, 1)),
    ],
    ids=lambda value: str(value),
)
def test_without_an_autoscaler(kind: str, spec: dict[str, Any], expected: Replicas) -> None:
    api_version, name = kind.split()
    (workload,) = resources({"apiVersion": api_version, "kind": name, "spec": spec}, "a.yaml")
    assert expected == replicas_of(workload)


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        ("apps.openshift.io/v1 DeploymentConfig", Replicas(None, 2, 5)),
        ("keda.sh/v1alpha1 ScaledJob", UNKNOWN),
    ],
)
def test_under_an_autoscaler(kind: str, expected: Replicas) -> None:
    api_version, name = kind.split()
    (workload,) = resources({"apiVersion": api_version, "kind": name, "spec": {}}, "a.yaml")
    assert expected == replicas_of(workload, list(resources(HPA, "a.yaml")))


@pytest.mark.parametrize(
    ("low", "high", "floor", "ceiling"),
    [(2, 5, 2, 5), (0, 5, 0, 5), ("{{ n }}", 5, None, 5), (2, "{{ n }}", 2, None)],
)
def test_of_an_autoscaler_minimum_and_maximum_are_known_by_themselves(
    low: Any, high: Any, floor: int | None, ceiling: int | None
) -> None:
    scaler = {**HPA, "spec": {"minReplicas": low, "maxReplicas": high}}
    (workload,) = resources({"apiVersion": "apps/v1", "kind": "Deployment", "spec": {}}, "a.yaml")
    found = replicas_of(workload, list(resources(scaler, "a.yaml")))
    assert found == Replicas(None, floor, ceiling)
