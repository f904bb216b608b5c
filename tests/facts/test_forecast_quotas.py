"""Quotas that hold the pods of a run back."""

from __future__ import annotations

import pytest
from argo_world import world

from kguard.facts.forecast.pods import Load
from kguard.facts.forecast.quotas import shortages

LOAD = Load(pods=10, cpu=4000, memory=8 * 1024**3)

# Spec of the quota → names of the limits that are too small, and the share that fits.
QUOTAS = {
    "enough": ("{hard: {pods: 10, requests.cpu: 4, requests.memory: 8Gi}}", []),
    "pods": ("{hard: {pods: 5}}", [("pods", 0.5)]),
    "cores": ("{hard: {requests.cpu: 1, cpu: 4}}", [("requests.cpu", 0.25)]),
    "memory": ("{hard: {memory: 2Gi, limits.memory: 1}}", [("memory", 0.25)]),
    "both of each": (
        "{hard: {cpu: 2, requests.memory: 4Gi, count/pods: 9}}",
        [("count/pods", 0.9), ("cpu", 0.5), ("requests.memory", 0.5)],
    ),
    "a limit that is not set": ("{hard: {pods: null, cpu: 3999m}}", [("cpu", 0.99975)]),
    "none at all": ("{hard: {count/pods: 0}}", [("count/pods", 0.0)]),
    "scopes": ("{scopes: [Terminating], hard: {pods: 1}}", []),
    "a selector": ("{scopeSelector: {matchExpressions: [{}]}, hard: {pods: 1}}", []),
    "no number": ("{hard: {pods: '{{many}}', cpu: x}}", []),
    "nothing": ("{}", []),
}


@pytest.mark.parametrize(("spec", "expected"), QUOTAS.values(), ids=QUOTAS)
def test_shortages(spec: str, expected: list[tuple[str, float]]) -> None:
    facts, (quota, workflow) = world(
        f"""
        apiVersion: v1
        kind: ResourceQuota
        metadata: {{name: q}}
        spec: {spec}
        ---
        apiVersion: argoproj.io/v1alpha1
        kind: Workflow
        metadata: {{name: w}}
        """
    )
    found = list(shortages(facts, workflow, LOAD))

    assert [(each.name, each.share) for each in found] == expected
    assert {each.quota.resource for each in found} <= {quota}


def test_quotas_of_other_namespaces_are_none() -> None:
    facts, (_, workflow) = world(
        """
        apiVersion: v1
        kind: ResourceQuota
        metadata: {name: q, namespace: other}
        spec: {hard: {pods: 1}}
        ---
        apiVersion: argoproj.io/v1alpha1
        kind: Workflow
        metadata: {name: w, namespace: here}
        """
    )

    assert list(shortages(facts, workflow, LOAD)) == []
