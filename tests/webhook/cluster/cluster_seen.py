"""What tests of the cluster's snapshots look at them with."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import cluster_fake_api as fake
from cluster_fake_api import FakeApi

from kguard.model import Origin, Resource
from kguard.webhook.cluster.cluster import Cluster
from kguard.webhook.cluster.pace import Pace

Begin = Callable[..., Cluster]
QUICK = Pace(first=0.02, most=0.05, absent=0.05, fold=0.01, read=5.0)
KIND = {
    fake.LIMIT_RANGES: ("", "LimitRange"),
    fake.AUTOSCALERS: ("autoscaling", "HorizontalPodAutoscaler"),
    fake.BUDGETS: ("policy", "PodDisruptionBudget"),
    fake.TEMPLATES: ("argoproj.io", "WorkflowTemplate"),
    fake.CLUSTER_TEMPLATES: ("argoproj.io", "ClusterWorkflowTemplate"),
    fake.SCALED: ("keda.sh", "ScaledObject"),
    fake.VERTICAL: ("autoscaling.k8s.io", "VerticalPodAutoscaler"),
    fake.CONFIG_MAPS: ("", "ConfigMap"),
    fake.NAMESPACES: ("", "Namespace"),
}
CONFIG = "workflow-controller-configmap"


def near(namespace: str | None = "shop") -> Resource:
    return Resource({}, Origin(""), namespace=namespace)


def names(cluster: Cluster, path: str) -> list[str]:
    return sorted(each.name for each in cluster.snapshot().index.in_unit(near(), *KIND[path]))


def eventually(said: Callable[[], Any], expected: Any, seconds: float = 10) -> None:
    """Wait until something comes to be as it is expected; shows what it was instead."""
    until = time.monotonic() + seconds
    while (actual := said()) != expected and time.monotonic() < until:
        time.sleep(0.005)
    assert actual == expected


def synced(cluster: Cluster, seconds: float = 10) -> bool:
    """Whether all kinds are known, at the latest after so many seconds."""
    until = time.monotonic() + seconds
    while cluster.snapshot().unsynced and time.monotonic() < until:
        time.sleep(0.005)
    return not cluster.snapshot().unsynced


def watched(api: FakeApi, *paths: str) -> None:
    """Wait until watches of these collections are held."""
    with api.changed:
        assert api.changed.wait_for(lambda: all(api.watching[p] == 1 for p in paths), 10)
