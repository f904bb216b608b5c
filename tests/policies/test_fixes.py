"""Which findings have a fix, and whether it is safe: a page's examples mark only the place."""

from __future__ import annotations

from textwrap import dedent

import pytest

from kguard.engine import run
from kguard.facts import Facts
from kguard.index import Index
from kguard.kube.recognise import resources
from kguard.model import Finding, Route
from kguard.policy.registry import builtin
from kguard.source import read

POD = """
    apiVersion: v1
    kind: Pod
    metadata: {name: p}
    spec: {containers: [{name: a, image: "a:1", resources: {requests: {memory: %s}}}]}
"""
ROLLING = """
    apiVersion: apps/v1
    kind: %s
    metadata: {name: d}
    spec:
      %s
      template: {spec: {containers: [{name: a, image: "a:1"}]}}
"""
PIPELINE = """
    kind: pipeline
    type: kubernetes
    steps: [{name: a, image: %s, resources: {limits: {cpu: %s}}}]
"""
CONTROLLER = """
    apiVersion: apps/v1
    kind: Deployment
    metadata: {name: c}
    spec: {template: {spec: {containers: [{image: argoproj/workflow-controller:v4.0.6, %s}]}}}
    ---
    apiVersion: v1
    kind: ConfigMap
    metadata: {name: env}
    data: {ARGO_AGENT_MEMORY_LIMIT: 256m}
"""

CASES = {
    "a request that may be what it takes": ("missing-memory-limit", POD % "64Mi", False),
    "one that is only counted": ("missing-memory-limit", POD % "63Mi", None),
    "nobody said when to pull": ("drone-latest-not-pulled", PIPELINE % ("a", 9), True),
    "somebody did": (
        "drone-latest-not-pulled",
        PIPELINE % ("a, pull: if-not-exists", "100"),
        False,
    ),
    "a number of megabytes": (
        "argo-agent-memory-limit",
        CONTROLLER % "env: [{name: ARGO_AGENT_MEMORY_LIMIT, value: 256m}]",
        True,
    ),
    "one that may be anything": (
        "argo-agent-memory-limit",
        CONTROLLER % 'env: [{name: ARGO_AGENT_MEMORY_LIMIT, value: "256"}]',
        None,
    ),
    "one that other objects may use": (
        "argo-agent-memory-limit",
        CONTROLLER % "envFrom: [{configMapRef: {name: env}}]",
        None,
    ),
    "a unit with which no build starts": ("drone-cpu-unit", PIPELINE % ("a:1", "500m"), True),
    "one with which they do": ("drone-cpu-unit", PIPELINE % ("a:1", "1"), False),
    "one that counts as not set": ("drone-cpu-unit", PIPELINE % ("a:1", "0.5"), False),
    "all pods that stand in for each other": (
        "rollout-max-unavailable-all",
        ROLLING % ("Deployment", "strategy: {rollingUpdate: {maxUnavailable: 100%}}"),
        True,
    ),
    "all pods, one on each node": (
        "rollout-max-unavailable-all",
        ROLLING % ("DaemonSet", "updateStrategy: {rollingUpdate: {maxUnavailable: 100%}}"),
        False,
    ),
}


@pytest.mark.parametrize(("policy", "text", "safe"), CASES.values(), ids=CASES)
def test_a_fix_is_safe_where_it_overrules_nobody(policy: str, text: str, safe: bool | None) -> None:
    finding = the_finding(policy, text)

    assert (finding.fix.safe if finding.fix else None) is safe


CONTAINER = ("spec", "template", "spec", "containers", 0)
OWN_NAME = {
    "name": "LEADER_ELECTION_IDENTITY",
    "valueFrom": {"fieldRef": {"fieldPath": "metadata.name"}},
}
WRITTEN = {
    "the first variable": (
        "argo-controller-leader-identity",
        CONTROLLER % "name: c",
        {(*CONTAINER, "env"): [OWN_NAME]},
    ),
    "a variable behind others": (
        "argo-controller-leader-identity",
        CONTROLLER % "env: [{name: A}, {name: B}]",
        {(*CONTAINER, "env", 2): OWN_NAME},
    ),
    "another strategy": (
        "argo-controller-surge",
        CONTROLLER % 'env: [{name: LEADER_ELECTION_DISABLE, value: "true"}]',
        {("spec", "strategy"): {"type": "Recreate"}},
    ),
}


@pytest.mark.parametrize(("policy", "text", "edits"), WRITTEN.values(), ids=WRITTEN)
def test_what_a_fix_writes(policy: str, text: str, edits: dict[Route, object]) -> None:
    fix = the_finding(policy, text).fix

    assert fix is not None
    assert {edit.route: edit.value for edit in fix.edits} == edits


def the_finding(policy: str, text: str) -> Finding:
    """The only one of a policy in a world."""
    documents = read("world.yaml", dedent(text).encode()).documents
    found = [each for d in documents for each in resources(d.data, "world.yaml", d.index)]
    chosen = [each for each in builtin() if each.id == policy]
    (finding,) = run(chosen, found, Facts(Index(found))).findings
    return finding
