"""Which findings have a fix, and whether it is safe: a page's examples mark only the place."""

from __future__ import annotations

from textwrap import dedent

import pytest

from kguard.engine import run
from kguard.facts import Facts
from kguard.index import Index
from kguard.kube.recognise import resources
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

CASES = {
    "a request that may be what it takes": ("missing-memory-limit", POD % "64Mi", False),
    "one that is only counted": ("missing-memory-limit", POD % "63Mi", None),
    "nobody said when to pull": ("drone-latest-not-pulled", PIPELINE % ("a", 9), True),
    "somebody did": (
        "drone-latest-not-pulled",
        PIPELINE % ("a, pull: if-not-exists", "100"),
        False,
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
    data = read("world.yaml", dedent(text).encode()).documents[0].data
    found = list(resources(data, "world.yaml", 0))
    chosen = [each for each in builtin() if each.id == policy]

    (finding,) = run(chosen, found, Facts(Index(found))).findings

    assert (finding.fix.safe if finding.fix else None) is safe
