"""Fenceposts of rolling updates against the arithmetic of each controller, and who is served."""

from __future__ import annotations

from math import ceil, floor
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kguard.facts import Facts
from kguard.facts.workloads import RollingUpdate, fenceposts
from kguard.index import Index
from kguard.kube.recognise import resources

LIMITS = st.one_of(st.integers(0, 20), st.integers(0, 200).map(lambda share: f"{share}%"))


def pods(limit: int | str, replicas: int, rounded: Any) -> int:
    """GetScaledValueFromIntOrPercent (apimachinery intstr.go), in floating point as it is there."""
    return limit if isinstance(limit, int) else rounded(float(limit[:-1]) * replicas / 100)


@given(LIMITS, LIMITS, st.integers(0, 500))
def test_deployment_as_resolve_fenceposts(
    surge: int | str, unavailable: int | str, replicas: int
) -> None:
    expected = [pods(surge, replicas, ceil), pods(unavailable, replicas, floor)]
    forced = expected == [0, 0]
    if forced:
        expected[1] = 1
    assert (*expected, forced) == fenceposts(surge, unavailable, replicas)


@given(LIMITS, st.integers(1, 500))
def test_daemon_set_rounds_up(unavailable: int | str, nodes: int) -> None:
    expected = max(1, pods(unavailable, nodes, ceil))
    assert expected == fenceposts(0, unavailable, nodes, unavailable_up=True)[1]


@given(LIMITS, st.integers(1, 500))
def test_stateful_set_rounds_down_to_one_at_least(unavailable: int | str, replicas: int) -> None:
    assert max(1, pods(unavailable, replicas, floor)) == fenceposts(0, unavailable, replicas)[1]


def facts_of(*objects: dict[str, Any]) -> tuple[Facts, list[Any]]:
    found = [r for number, item in enumerate(objects) for r in resources(item, "x.yaml", number)]
    return Facts(Index(found, complete={""})), found


def made(kind: str, spec: dict[str, Any], api: str = "apps/v1") -> dict[str, Any]:
    template = {"metadata": {"labels": {"app": "web"}}, "spec": {"containers": []}}
    spec = {"template": template, **spec}
    return {"apiVersion": api, "kind": kind, "metadata": {"name": "web"}, "spec": spec}


CONFIG = "apps.openshift.io/v1"
ROLLOUT = "argoproj.io/v1alpha1"


@pytest.mark.parametrize(
    ("thing", "replicas", "expected"),
    [
        (made("Deployment", {}), 4, RollingUpdate("25%", "25%", 1, 1)),
        (made("Deployment", {}), 1, RollingUpdate("25%", "25%", 1, 0)),
        (made("Deployment", {}), None, RollingUpdate("25%", "25%", None, None)),
        (made("Deployment", {"strategy": {"type": "Recreate"}}), 4, None),
        (
            made("Deployment", {"strategy": {"rollingUpdate": {"maxSurge": 0}}}),
            3,
            RollingUpdate(0, "25%", 0, 1, fencepost=True),
        ),
        (
            made("Deployment", {"strategy": {"rollingUpdate": {"maxSurge": "{{ s }}"}}}),
            3,
            RollingUpdate("{{ s }}", "25%", None, None),
        ),
        (made("DaemonSet", {}), 5, RollingUpdate(0, 1, 0, 1)),
        (
            made("DaemonSet", {"updateStrategy": {"rollingUpdate": {"maxUnavailable": "30%"}}}),
            4,
            RollingUpdate(0, "30%", 0, 2),
        ),
        (made("DaemonSet", {"updateStrategy": {"type": "OnDelete"}}), 5, None),
        (made("StatefulSet", {}), 5, RollingUpdate(0, 1, 0, 1)),
        (
            made("Rollout", {"strategy": {"canary": {}}}, ROLLOUT),
            4,
            RollingUpdate("25%", "25%", 1, 1),
        ),
        (made("Rollout", {"strategy": {"blueGreen": {}}}, ROLLOUT), 4, None),
        (made("DeploymentConfig", {}, CONFIG), 4, RollingUpdate("25%", "25%", 1, 1)),
        (
            made("DeploymentConfig", {"strategy": {"rollingParams": {"maxSurge": "0%"}}}, CONFIG),
            8,
            RollingUpdate("0%", "25%", 0, 2),
        ),
        (
            made("DeploymentConfig", {"strategy": {"rollingParams": {"maxSurge": 2}}}, CONFIG),
            8,
            RollingUpdate(2, 0, 2, 0),
        ),
        (
            made("DeploymentConfig", {"strategy": {"rollingParams": [1]}}, CONFIG),
            8,
            RollingUpdate("25%", "25%", 2, 2),
        ),
        (made("DeploymentConfig", {"strategy": {"type": "Recreate"}}, CONFIG), 4, None),
        (made("DeploymentConfig", {"strategy": {"type": "RollingUpdate"}}, CONFIG), 4, None),
        (made("ReplicationController", {}, "v1"), 4, None),
        (made("Deployment", {}, "extensions/v1beta1"), 4, None),
        (made("ReplicaSet", {}), 4, None),
    ],
    ids=lambda value: value["kind"] if isinstance(value, dict) else "",
)
def test_rolling_update(
    thing: dict[str, Any], replicas: int | None, expected: RollingUpdate | None
) -> None:
    facts, found = facts_of(thing)
    workload = facts.workload(found[0])
    assert workload is not None
    assert expected == workload.rolling_update(replicas)


@pytest.mark.parametrize(
    ("name", "ports", "serves"),
    [
        ("web", [{"port": 80}], True),
        ("web", [{"name": "http", "port": 80}, {"name": "metrics", "port": 90}], True),
        ("web", [{"name": "http-metrics", "port": 90}], False),
        ("web", [{"name": "http", "targetPort": "metrics", "port": 90}], False),
        ("web", [{"name": "prometheus", "port": 90}, {"name": "metrics", "port": 91}], False),
        ("web-metrics", [{"port": 90}], False),
        ("web", [], True),
        ("web", None, True),
        ("web", ["metrics"], True),
    ],
)
def test_serving(name: str, ports: Any, serves: bool) -> None:
    service = {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": name},
        "spec": {"selector": {"app": "web"}, "ports": ports},
    }
    facts, found = facts_of(made("Deployment", {}), service)
    workload = facts.workload(found[0])
    assert workload is not None
    assert (1, serves) == (len(workload.services), bool(workload.serving))


def scaler(low: Any = None, high: Any = 9, keda: bool = False) -> dict[str, Any]:
    names = ("minReplicaCount", "maxReplicaCount") if keda else ("minReplicas", "maxReplicas")
    reference = {"apiVersion": "apps/v1", "kind": "Deployment", "name": "web"}
    return {
        "apiVersion": "keda.sh/v1alpha1" if keda else "autoscaling/v2",
        "kind": "ScaledObject" if keda else "HorizontalPodAutoscaler",
        "metadata": {"name": "web"},
        "spec": {"scaleTargetRef": reference, names[0]: low, names[1]: high},
    }


@pytest.mark.parametrize(
    ("objects", "counts"),
    [
        ([made("Deployment", {})], (None, 1, 1, True)),
        ([made("Deployment", {"replicas": 3})], (3, 3, 3, False)),
        ([made("Deployment", {"replicas": True})], (None, None, None, False)),
        ([made("Deployment", {"replicas": -1})], (None, None, None, False)),
        ([made("Deployment", {"replicas": 3}), scaler()], (3, 1, 9, False)),
        ([made("Deployment", {}), scaler(2)], (None, 2, 9, False)),
        ([made("Deployment", {}), scaler("{{ n }}")], (None, None, 9, False)),
        ([made("Deployment", {}), scaler(2, "{{ n }}")], (None, 2, None, False)),
        ([made("Deployment", {}), scaler(0, None, keda=True)], (None, 1, 100, False)),
        ([made("Deployment", {}), scaler(2), scaler(3, 20, keda=True)], (None, 2, 20, False)),
        ([made("DaemonSet", {"replicas": 3})], (None, None, None, False)),
        ([made("Job", {}, "batch/v1")], (None, None, None, False)),
    ],
    ids=["default", "written", "bool", "negative", "hpa", "min", "placeholder", "most", "keda",
         "two", "daemon set", "job"],
)  # fmt: skip
def test_replicas(objects: list[dict[str, Any]], counts: tuple[Any, ...]) -> None:
    facts, found = facts_of(*objects)
    workload = facts.workload(found[0])
    assert workload is not None
    count = workload.replicas
    assert counts == (count.written, count.floor, count.ceiling, count.assumed)


@pytest.mark.parametrize(
    ("metadata", "called"),
    [
        ({"name": "a"}, "Deployment `a`"),
        ({"generateName": "a-"}, "Deployment `a-`"),
        ({"name": True}, "unnamed Deployment"),
        ({}, "unnamed Deployment"),
    ],
    ids=["name", "generateName", "no text", "none"],
)
def test_a_workload_is_called_by_its_name(metadata: dict[str, Any], called: str) -> None:
    (resource,) = resources({**made("Deployment", {}), "metadata": metadata}, "a.yaml")
    workload = Facts(Index([resource])).workload(resource)
    assert workload is not None
    assert workload.called == called
