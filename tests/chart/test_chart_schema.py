"""What is rendered is what Kubernetes takes: every field, value and version of an API there is."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from typing import Any

import pytest
from chart_helm import CI_VALUES, KUBE_VERSION, KUBE_VERSIONS, Helm, Object

from kguard.engine import Engine
from kguard.facts import Assumptions, Facts
from kguard.index import Index
from kguard.kube.recognise import resources
from kguard.policy.registry import load_registry
from kguard.rules import as_written

POLICIES = [
    policy
    for policy in load_registry(entry_points=False).policies.values()
    if policy.id.startswith(("schema-", "api-"))
]
ENGINE, RULES = Engine(POLICIES), as_written(POLICIES)


def faults(objects: Sequence[Object], version: str) -> list[str]:
    """What is wrong with objects in a version of Kubernetes."""
    major, minor, _ = map(int, version.split("."))
    found = [each for data in objects for each in resources(data, "")]
    assumptions = Assumptions(kube=(major, minor))
    outcome = ENGINE.run(found, Facts(Index(found), assumptions), RULES)
    assert outcome.crashes == []
    return [f"{each.resource.label}: {each.message}" for each in outcome.findings]


@pytest.mark.parametrize("values", CI_VALUES)
def test_every_version_of_kubernetes_knows_what_it_is_given(helm3: Helm, values: str) -> None:
    # From 1.28 on the same is rendered for all (test_chart_render.py).
    assert KUBE_VERSIONS[:2] == ("1.27.0", "1.28.0")
    for version in KUBE_VERSIONS[1:]:
        assert faults(helm3.objects(values), version) == []


@pytest.mark.parametrize("values", sorted(set(CI_VALUES) - {"strict", "autoscaling"}))
def test_the_oldest_version_knows_what_it_is_given(helm3: Helm, values: str) -> None:
    # Without those values that need match conditions.
    assert faults(helm3.objects(values, kube=KUBE_VERSIONS[0]), KUBE_VERSIONS[0]) == []


KINDS = {
    *("ClusterRole", "ClusterRoleBinding", "ConfigMap", "Deployment", "HorizontalPodAutoscaler"),
    *("Job", "NetworkPolicy", "Pod", "PodDisruptionBudget", "ResourceQuota", "Role"),
    *("RoleBinding", "Secret", "Service", "ServiceAccount", "ValidatingWebhookConfiguration"),
}
"""All of the chart's that are Kubernetes' own: of operators' kinds it knows no fields."""


def test_a_field_that_does_not_exist_would_be_found_in_every_kind(helm3: Helm) -> None:
    spoilt: dict[str, Any] = {}
    for values in ("monitoring", "autoscaling"):
        for each in helm3.objects(values):
            spoilt[each["kind"]] = {**copy.deepcopy(dict(each)), "sepc": {}}
    found = {line.partition("/")[0] for line in faults(list(spoilt.values()), KUBE_VERSION)}
    assert found == KINDS


def test_a_field_that_does_not_exist_yet_would_be_found(helm3: Helm) -> None:
    (entry,) = (e for e in helm3.objects() if e["kind"] == "ValidatingWebhookConfiguration")
    assert faults([entry], "1.28.0") == []
    assert faults([entry], "1.26.0") != []  # matchConditions.
