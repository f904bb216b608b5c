"""What another folder or chart of the run may bring is not missing: examples are of one alone."""

from __future__ import annotations

import pytest
from judging import judged, objects

from kguard.engine import Outcome
from kguard.facts import Facts
from kguard.index import Index
from kguard.model import Resource

POD = """
    apiVersion: v1
    kind: Pod
    metadata: {name: p, labels: {app: web}}
    spec: {%s, containers: [{name: a, image: "a:1"}]}
"""
DEPLOYMENT = """
    apiVersion: apps/v1
    kind: Deployment
    metadata: {name: web}
    spec: {replicas: 2, template: {metadata: {labels: {app: web}}, spec: {containers: []}}}
"""
SERVICE = """
    apiVersion: v1
    kind: Service
    metadata: {name: web}
    spec: {selector: {app: web}, ports: [{port: 80}]}
"""
BUDGET = """
    apiVersion: policy/v1
    kind: PodDisruptionBudget
    metadata: {name: web}
    spec: {maxUnavailable: 1, selector: {matchLabels: {app: web}}}
"""
CLASS = """
    apiVersion: scheduling.k8s.io/v1
    kind: PriorityClass
    metadata: {name: urgent}
"""
ACCOUNT = """
    apiVersion: v1
    kind: ServiceAccount
    metadata: {name: web}
"""
INGRESS = """
    apiVersion: networking.k8s.io/v1
    kind: Ingress
    metadata: {name: web}
    spec: {defaultBackend: {service: {name: web, port: {number: 80}}}}
"""
SCALER = """
    apiVersion: autoscaling/v2
    kind: HorizontalPodAutoscaler
    metadata: {name: web}
    spec: {scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: web}}
"""

CASES = {
    "an account": ("serviceaccount-missing", POD % "serviceAccountName: web", ACCOUNT),
    "a class": ("priorityclass-missing", POD % "priorityClassName: urgent", CLASS),
    "a Service": ("ingress-backend-missing", INGRESS, SERVICE),
    "a workload to scale": ("hpa-target-missing", SCALER, DEPLOYMENT),
    "a workload to serve": ("service-selects-nothing", SERVICE, DEPLOYMENT),
    "a workload to protect": ("pdb-selects-nothing", BUDGET, DEPLOYMENT),
    "a controller beside a pod": (
        "pdb-unsupported-controller",
        f"{BUDGET}    ---{POD % 'priority: 0'}",
        DEPLOYMENT,
    ),
    "a budget": ("pdb-missing", f"{DEPLOYMENT}    ---{SERVICE}", BUDGET),
}


def judged_beside(policy: str, near: list[Resource], other: list[Resource]) -> Outcome:
    """What the policy finds in the objects of one unit where another is beside it."""
    units = {resource.unit for resource in (*near, *other)}
    return judged(policy, near, Facts(Index([*near, *other], complete=units)))


@pytest.mark.parametrize(("policy", "near", "other"), CASES.values(), ids=CASES)
def test_what_is_elsewhere_is_not_missing(policy: str, near: str, other: str) -> None:
    here = objects(near, "here.yaml", unit="here")
    there = objects(other, "there.yaml", unit="there")

    assert len(judged_beside(policy, here, []).findings) == 1
    outcome = judged_beside(policy, here, there)
    assert (outcome.findings, len(outcome.unknown)) == ([], 1)
