"""The arithmetic of disruption budgets against a pod-by-pod model of the controller."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from kguard.facts import Facts
from kguard.facts.disruption import Limit, disruptions_allowed, unseen_budget
from kguard.index import Index
from kguard.kube.recognise import resources
from kguard.model import Resource


@dataclass(frozen=True)
class ModelPod:
    """A healthy pod as the disruption controller lists it: who controls it, if anybody."""

    owner: str | None


def evict_all_you_can(
    pods: Sequence[ModelPod],
    scale: dict[str, int],
    min_available: Limit | None,
    max_unavailable: Limit | None,
) -> int:
    """What disruption.go does, in its order: find controllers, add scales, compare, subtract.

    getExpectedPodCount asks maxUnavailable first; getExpectedScale collects the controllers of
    the pods it sees and skips pods without one; updatePdbStatus asks for expectedCount > 0.
    """
    controllers = {pod.owner for pod in pods if pod.owner is not None}
    expected_scale = sum(scale[owner] for owner in controllers)

    def of_scale(limit: Limit) -> int:
        if isinstance(limit, int):
            return limit
        return ceil(int(limit[:-1]) * expected_scale / 100)

    expected = desired = 0
    if max_unavailable is not None:
        expected = expected_scale
        desired = expected - of_scale(max_unavailable)
        if desired < 0:
            desired = 0
    elif isinstance(min_available, int):
        expected, desired = len(pods), min_available
    elif min_available is not None:
        expected, desired = expected_scale, of_scale(min_available)
    allowed = len(pods) - desired
    return 0 if expected <= 0 or allowed <= 0 else allowed


LIMITS = st.one_of(st.integers(0, 12), st.integers(0, 100).map(lambda share: f"{share}%"))


@settings(max_examples=500)
@example(scales=[], bare=2, min_available=1, max_unavailable=None)
@example(scales=[], bare=2, min_available="1%", max_unavailable=None)
@example(scales=[3], bare=0, min_available="67%", max_unavailable=None)
@example(scales=[3], bare=0, min_available=None, max_unavailable="1%")
@example(scales=[2], bare=2, min_available=None, max_unavailable=0)
@given(
    scales=st.lists(st.integers(0, 9), max_size=4),
    bare=st.integers(0, 3),
    min_available=st.none() | LIMITS,
    max_unavailable=st.none() | LIMITS,
)
def test_as_the_controller_counts(
    scales: list[int], bare: int, min_available: Limit | None, max_unavailable: Limit | None
) -> None:
    owned = [ModelPod(f"owner-{i}") for i, scale in enumerate(scales) for _ in range(scale)]
    pods = owned + [ModelPod(None)] * bare
    scale = {f"owner-{i}": scale for i, scale in enumerate(scales)}
    expected = evict_all_you_can(pods, scale, min_available, max_unavailable)
    actual = disruptions_allowed(
        scales, bare, min_available=min_available, max_unavailable=max_unavailable
    )
    assert expected == actual


@given(st.lists(st.integers(1, 50), min_size=1, max_size=4), st.integers(1, 100))
def test_a_share_that_may_be_unavailable_always_lets_one_go(scales: list[int], share: int) -> None:
    assert disruptions_allowed(scales, max_unavailable=f"{share}%") >= 1


@given(st.integers(1, 50), st.integers(0, 60))
def test_one_more_replica_lets_as_many_go(replicas: int, least: int) -> None:
    fewer = disruptions_allowed([replicas], min_available=least)
    assert disruptions_allowed([replicas + 1], min_available=least) >= fewer


@pytest.mark.parametrize("limit", ["1", "x", "", "-1%", True], ids=repr)
def test_what_is_no_limit(limit: Any) -> None:
    with pytest.raises(ValueError, match="neither a whole number nor a percentage"):
        disruptions_allowed([1], max_unavailable=limit)


def world(*objects: dict[str, Any], complete: bool = True) -> tuple[Facts, list[Resource]]:
    """Facts over objects of one unit, and their resources in order."""
    found = [r for number, item in enumerate(objects) for r in resources(item, "x.yaml", number)]
    return Facts(Index(found, complete={""} if complete else set())), found


def budget(spec: dict[str, Any], version: str = "v1") -> dict[str, Any]:
    spec = {"selector": {"matchLabels": {"app": "web"}}, **spec}
    metadata = {"name": "web"}
    return {
        "apiVersion": f"policy/{version}",
        "kind": "PodDisruptionBudget",
        "metadata": metadata,
        "spec": spec,
    }


def workload(kind: str = "Deployment", name: str = "web", **spec: Any) -> dict[str, Any]:
    group = "batch/v1" if kind == "Job" else "apps/v1"
    template = {"metadata": {"labels": {"app": "web"}}, "spec": {"containers": []}}
    spec = {"template": template, **spec}
    return {"apiVersion": group, "kind": kind, "metadata": {"name": name}, "spec": spec}


@pytest.mark.parametrize(
    ("spec", "limit", "refuses_all", "needs_scale"),
    [
        ({"minAvailable": 1}, ("minAvailable", 1), False, False),
        ({"minAvailable": "99%"}, ("minAvailable", "99%"), False, True),
        ({"minAvailable": "100%"}, ("minAvailable", "100%"), True, True),
        ({"maxUnavailable": 0}, ("maxUnavailable", 0), True, True),
        ({"maxUnavailable": "0%"}, ("maxUnavailable", "0%"), True, True),
        ({"maxUnavailable": 1, "minAvailable": None}, ("maxUnavailable", 1), False, True),
        ({"maxUnavailable": 1, "minAvailable": 1}, None, False, False),
        ({"maxUnavailable": "101%"}, None, False, False),
        ({"minAvailable": -1}, None, False, False),
        ({"minAvailable": "${MIN}"}, None, False, False),
        ({"minAvailable": "101%"}, None, False, False),
        ({"minAvailable": 101}, ("minAvailable", 101), False, False),
        ({"maxUnavailable": 100}, ("maxUnavailable", 100), False, True),
        ({}, None, False, False),
    ],
    ids=repr,
)
def test_limit(
    spec: dict[str, Any], limit: tuple[str, Limit] | None, refuses_all: bool, needs_scale: bool
) -> None:
    facts, found = world(budget(spec))
    made = facts.budget(found[0])
    assert (limit, refuses_all, needs_scale) == (made.limit, made.refuses_all, made.needs_scale)


@pytest.mark.parametrize(
    ("others", "scales", "pods"),
    [
        ([], None, None),
        ([workload(replicas=3)], [3], 3),
        ([workload(replicas=3), workload("StatefulSet", replicas=2)], [3, 2], 5),
        ([workload(replicas=3), workload(replicas=1)], None, None),
        ([workload(replicas=3), workload("DaemonSet")], None, None),
        ([workload(replicas=3), workload("Job", name="migrate")], None, None),
        ([workload(replicas="{{ n }}")], None, None),
        ([workload()], [1], 1),
    ],
    ids=["none seen", "one", "two", "variants", "daemon set", "job", "placeholder", "default"],
)
def test_count(others: list[dict[str, Any]], scales: list[int] | None, pods: int | None) -> None:
    facts, found = world(budget({"minAvailable": 1}), *others)
    made = facts.budget(found[0])
    assert (scales, pods) == (made.scales, made.pods)


@pytest.mark.parametrize(
    ("spec", "allowed"),
    [
        ({"minAvailable": 1}, 2),
        ({"minAvailable": "34%"}, 1),
        ({"maxUnavailable": 1}, 1),
        ({"maxUnavailable": "34%"}, 2),
        ({}, None),
    ],
    ids=repr,
)
def test_how_many_may_go(spec: dict[str, Any], allowed: int | None) -> None:
    facts, found = world(budget(spec), workload(replicas=3))
    assert allowed == facts.budget(found[0]).allowed


def test_pods_without_a_controller_are_counted_apart() -> None:
    meta = {"name": "alone", "labels": {"app": "web"}}
    pod = {"apiVersion": "v1", "kind": "Pod", "metadata": meta, "spec": {"containers": []}}
    facts, found = world(budget({"maxUnavailable": 1}), workload(replicas=3), pod)
    made = facts.budget(found[0])
    assert (made.scales, made.pods, made.allowed) == ([3], 4, 2)


def test_default_replicas_are_unknown_in_a_partial_view() -> None:
    facts, found = world(budget({"minAvailable": 1}), workload(), complete=False)
    assert facts.budget(found[0]).allowed is None


@pytest.mark.parametrize(
    ("labels", "reason"),
    [("web", "a budget elsewhere in this run asks for such labels"), ("api", "")],
)
def test_a_budget_elsewhere_in_the_run(labels: str, reason: str) -> None:
    (beyond,) = resources(
        budget({"selector": {"matchLabels": {"app": labels}}}), "y.yaml", unit="elsewhere"
    )
    (resource,) = resources(workload(), "x.yaml")
    facts = Facts(Index([resource, beyond], complete={""}))
    judged = facts.workload(resource)
    assert judged is not None
    assert reason == unseen_budget(facts, judged)


def test_empty_selector_by_version() -> None:
    every = {"selector": {}, "minAvailable": 1}
    for version, kinds in (("v1", ["Deployment"]), ("v1beta1", [])):
        facts, found = world(budget(every, version), workload(replicas=2))
        made = facts.budget(found[0])
        assert kinds == [w.resource.kind for w in made.selected]
        assert bool(kinds) == bool(facts.workload(found[1]).budgets)  # type: ignore[union-attr]
