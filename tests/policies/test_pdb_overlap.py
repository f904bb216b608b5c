"""Where a pair of overlapping budgets is reported: what examples cannot show."""

from __future__ import annotations

from typing import Any

import pytest

from kguard.engine import run
from kguard.facts import Facts
from kguard.index import Index
from kguard.kube.recognise import resources
from kguard.model import Resource
from kguard.policy.registry import builtin

BUDGET = {"maxUnavailable": 1, "selector": {"matchLabels": {"app": "web"}}}
TEMPLATE = {"metadata": {"labels": {"app": "web"}}, "spec": {"containers": []}}


def made(api: str, kind: str, name: str, spec: dict[str, Any], **how: Any) -> Resource:
    data = {"apiVersion": api, "kind": kind, "metadata": {"name": name}, "spec": spec}
    (found,) = resources(data, f"{name}.yaml", **how)
    return found


@pytest.mark.parametrize(
    ("context", "reported"),
    [(set(), ["b"]), ({"a"}, ["b"]), ({"b"}, ["a"]), ({"a", "b"}, [])],
    ids=["both judged", "the first is context", "the second is context", "none judged"],
)
def test_pair_is_reported_once(context: set[str], reported: list[str]) -> None:
    world = [
        made("policy/v1", "PodDisruptionBudget", name, BUDGET, context=name in context)
        for name in ("a", "b")
    ]
    world.append(made("apps/v1", "Deployment", "web", {"template": TEMPLATE}))
    policies = [policy for policy in builtin() if policy.id == "pdb-overlap"]
    outcome = run(policies, world, Facts(Index(world)))
    assert reported == [finding.resource.name for finding in outcome.findings]


def test_three_budgets_are_three_pairs() -> None:
    world = [made("policy/v1", "PodDisruptionBudget", name, BUDGET) for name in "abc"]
    world.append(made("apps/v1", "Deployment", "web", {"template": TEMPLATE}))
    policies = [policy for policy in builtin() if policy.id == "pdb-overlap"]
    outcome = run(policies, world, Facts(Index(world)))
    reported = sorted(finding.resource.name for finding in outcome.findings)
    expected = ["b", "c", "c"]
    assert expected == reported
