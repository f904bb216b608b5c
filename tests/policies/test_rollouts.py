"""What rollout policies find where no example can show it: edits, confidence, other units."""

from __future__ import annotations

from typing import Any

import pytest
from judging import judged

from kguard.engine import Outcome
from kguard.facts import Facts
from kguard.index import Index
from kguard.kube.recognise import resources
from kguard.model import REMOVE, Confidence, Resource, Route

POD = {
    "metadata": {"labels": {"app": "web"}},
    "spec": {"containers": [], "volumes": [{"persistentVolumeClaim": {"claimName": "web"}}]},
}
SERVED = {
    "metadata": {"labels": {"app": "web"}},
    "spec": {"containers": [{"name": "web", "image": "web:1"}]},
}
ROLLING = "rollout-no-surge-outage"
LIMITS = {"maxSurge": 0, "maxUnavailable": 1}


def made(api: str, kind: str, spec: dict[str, Any], **how: Any) -> Resource:
    data = {"apiVersion": api, "kind": kind, "metadata": {"name": "web"}, "spec": spec}
    (found,) = resources(data, f"{kind}.yaml", **how)
    return found


def outcome(policy: str, world: list[Resource], **index: Any) -> Outcome:
    return judged(policy, world, Facts(Index(world, **index)))


@pytest.mark.parametrize(
    ("api", "kind", "strategy", "policy", "edits"),
    [
        (
            "apps/v1",
            "Deployment",
            {"rollingUpdate": LIMITS},
            ROLLING,
            {("spec", "strategy"): REMOVE},
        ),
        (
            "argoproj.io/v1alpha1",
            "Rollout",
            {"canary": {**LIMITS, "steps": [{"setWeight": 20}]}},
            ROLLING,
            {("spec", "strategy", "canary", key): REMOVE for key in LIMITS},
        ),
        (
            "apps.openshift.io/v1",
            "DeploymentConfig",
            {"rollingParams": {**LIMITS, "pre": {"failurePolicy": "Abort"}}},
            ROLLING,
            {("spec", "strategy", "rollingParams", key): REMOVE for key in LIMITS},
        ),
        (
            "apps/v1",
            "Deployment",
            {"type": "Recreate"},
            "rollout-recreate-serving",
            {("spec", "strategy", "type"): "RollingUpdate"},
        ),
        (
            "apps/v1",
            "Deployment",
            {"rollingUpdate": {"maxSurge": 0, "maxUnavailable": 0}},
            "rollout-zero-zero",
            {("spec", "strategy", "rollingUpdate", "maxSurge"): 1},
        ),
    ],
)
def test_a_fix_edits_the_limits_and_leaves_the_rest(
    api: str, kind: str, strategy: dict[str, Any], policy: str, edits: dict[Route, Any]
) -> None:
    spec = {"replicas": 1, "strategy": strategy, "template": SERVED}
    service = {"selector": {"app": "web"}, "ports": [{"port": 80}]}

    (finding,) = outcome(policy, [made(api, kind, spec), made("v1", "Service", service)]).findings

    assert finding.fix is not None
    assert {each.route: each.value for each in finding.fix.edits} == edits


@pytest.mark.parametrize(
    ("mode", "confidence"),
    [("ReadWriteOnce", Confidence.MEDIUM), ("ReadWriteOncePod", Confidence.HIGH)],
)
def test_a_volume_of_one_node_may_do_where_there_is_but_one(
    mode: str, confidence: Confidence
) -> None:
    world = [
        made("apps/v1", "Deployment", {"replicas": 1, "template": POD}),
        made("v1", "PersistentVolumeClaim", {"accessModes": [mode]}),
    ]

    (finding,) = outcome("rollout-rwo-deadlock", world).findings

    assert finding.confidence is confidence


@pytest.mark.parametrize("beside", [True, False], ids=["a Service of that name", "another kind"])
def test_a_service_in_another_unit_may_be_the_one_that_is_missing(beside: bool) -> None:
    stateful = made("apps/v1", "StatefulSet", {"serviceName": "web", "template": SERVED}, unit="a")
    other = made("v1", "Service" if beside else "Secret", {"clusterIP": "None"}, unit="b")

    found = outcome("statefulset-service-missing", [stateful, other], complete={"a"})

    assert (len(found.findings), len(found.unknown)) == ((0, 1) if beside else (1, 0))
