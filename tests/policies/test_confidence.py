"""How sure findings are where that depends on what was seen: examples of pages cannot show it."""

from __future__ import annotations

from textwrap import dedent

import pytest
from judging import judged, objects

from kguard.facts import Assumptions, Facts
from kguard.index import Index

BACKEND = """
    apiVersion: networking.k8s.io/v1
    kind: Ingress
    metadata: {name: a}
    spec: {defaultBackend: {service: {name: web, port: {number: %s}}}}
    ---
    apiVersion: v1
    kind: Service
    metadata: {name: web}
    spec:
      type: %s
      selector: {app: web}
      sessionAffinity: ClientIP
      ports: [{port: 80, targetPort: 8080}]
    ---
    apiVersion: apps/v1
    kind: Deployment
    metadata: {name: web}
    spec: {replicas: 2, template: {metadata: {labels: {app: web}}, spec: {containers: []}}}
"""
CLASS = """
    apiVersion: v1
    kind: Pod
    metadata: {name: a}
    spec: {priorityClassName: urgent, containers: []}
    ---
    apiVersion: scheduling.k8s.io/v1
    kind: %s
    metadata: {name: other}
"""
CLASSES = """
    apiVersion: scheduling.k8s.io/v1
    kind: PriorityClass
    metadata: {name: a}
    globalDefault: true
    ---%s
    apiVersion: scheduling.k8s.io/v1
    kind: PriorityClass
    metadata: {name: b}
    globalDefault: true
"""
SCALERS = """
    apiVersion: autoscaling/v2
    kind: HorizontalPodAutoscaler
    metadata: {name: a}
    spec: {scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: web}}
    ---%s
    apiVersion: autoscaling/v2
    kind: HorizontalPodAutoscaler
    metadata: {name: b}
    spec: {scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: web}}
"""
SLEEPER = """
    apiVersion: autoscaling/v2
    kind: HorizontalPodAutoscaler
    metadata: {name: a}
    spec: {minReplicas: 0, metrics: [{type: %s}]}
"""
BUDGET = """
    apiVersion: policy/v1
    kind: PodDisruptionBudget
    metadata: {name: web}
    spec: {minAvailable: 1, selector: {matchLabels: {app: web}}}
    ---
    apiVersion: apps/v1
    kind: Deployment
    metadata: {name: web}
    spec: {replicas: 1, template: {metadata: {labels: {app: web}}, spec: {containers: []}}}
"""
APART = " # in a file of its own"

CASES = {
    "no such port": ("ingress-backend-missing", BACKEND % (81, "ClusterIP"), "high"),
    "the target port": ("ingress-backend-missing", BACKEND % (8080, "ClusterIP"), "medium"),
    "called by the Ingress": (
        "session-affinity-behind-ingress",
        BACKEND % (80, "ClusterIP"),
        "high",
    ),
    "by others too": ("session-affinity-behind-ingress", BACKEND % (80, "LoadBalancer"), "medium"),
    "other classes": ("priorityclass-missing", CLASS % "PriorityClass", "high"),
    "no class": ("priorityclass-missing", CLASS % "Nothing", "medium"),
    "defaults of a file": ("priorityclass-multiple-default", CLASSES % "", "high"),
    "of two": ("priorityclass-multiple-default", CLASSES % APART, "medium"),
    "autoscalers of a file": ("hpa-duplicate-target", SCALERS % "", "high"),
    "of two files": ("hpa-duplicate-target", SCALERS % APART, "medium"),
    "a metric of pods": ("hpa-min-zero", SLEEPER % "Pods", "high"),
    "a gate that may be on": ("hpa-min-zero", SLEEPER % "External", "medium"),
    "other pods may be selected": ("pdb-blocks-drain", BUDGET, "medium"),
}


def confidence(policy: str, text: str, *, complete: bool) -> str:
    """That of the one finding of a policy, in manifests for Kubernetes 1.36."""
    parts = enumerate(dedent(text).split(APART))
    found = [each for name, part in parts for each in objects(part, f"{name}.yaml")]
    facts = Facts(Index(found, complete={""} if complete else set()), Assumptions(kube=(1, 36)))
    (finding,) = judged(policy, found, facts).findings
    return finding.confidence.word


@pytest.mark.parametrize(("policy", "text", "sure"), CASES.values(), ids=CASES)
def test_a_finding_is_less_sure_where_more_may_exist(policy: str, text: str, sure: str) -> None:
    assert sure == confidence(policy, text, complete=policy == "priorityclass-missing")


@pytest.mark.parametrize(
    ("policy", "text"),
    [
        ("pdb-blocks-drain", BUDGET),
        ("hpa-duplicate-target", SCALERS % APART),
        ("priorityclass-multiple-default", CLASSES % APART),
    ],
)
def test_a_finding_is_sure_where_all_is_seen(policy: str, text: str) -> None:
    assert confidence(policy, text, complete=True) == "high"
