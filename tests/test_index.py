"""The index finds what comparing every object with every other would find, in less time."""

from __future__ import annotations

import random
import time
from typing import Any

import pytest

from kguard.index import Index
from kguard.kube.recognise import resources
from kguard.kube.workloads import pod_labels
from kguard.model import Resource, dig
from kguard.quantity import SelectorError, matches, matches_equality
from kguard.relations import budget_selector, scale_target


def built(data: dict[str, Any], *, unit: str = "") -> Resource:
    (resource,) = resources(data, "x.yaml", unit=unit)
    return resource


def deployment(
    name: str, labels: Any, *, namespace: str | None = None, unit: str = "", replicas: int = 1
) -> Resource:
    metadata = {"name": name} | ({"namespace": namespace} if namespace else {})
    template = {"metadata": {"labels": labels}, "spec": {"containers": []}}
    spec = {"replicas": replicas, "template": template}
    data = {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": metadata, "spec": spec}
    return built(data, unit=unit)


def other(kind: str, name: str, spec: Any, *, namespace: str | None = None) -> Resource:
    versions = {
        "Service": "v1",
        "PodDisruptionBudget": "policy/v1",
        "HorizontalPodAutoscaler": "autoscaling/v2",
        "ScaledObject": "keda.sh/v1alpha1",
        "VerticalPodAutoscaler": "autoscaling.k8s.io/v1",
    }
    metadata = {"name": name} | ({"namespace": namespace} if namespace else {})
    return built({"apiVersion": versions[kind], "kind": kind, "metadata": metadata, "spec": spec})


def names(found: list[Resource]) -> list[str]:
    return [resource.name for resource in found]


SELECTORS: list[tuple[str, Any, bool]] = [
    ("all its labels", {"app": "web", "tier": "front"}, True),
    ("one of its labels", {"tier": "front"}, True),
    ("another value", {"app": "db"}, False),
    ("a label it lacks", {"app": "web", "zone": "a"}, False),
    ("nothing", {}, False),
    ("null", None, False),
    ("no mapping", ["app"], False),
    ("a value that is a number", {"app": 3}, False),
    ("a value that is a list", {"app": ["web"]}, False),
]


@pytest.mark.parametrize(
    ("selector", "selects"), [row[1:] for row in SELECTORS], ids=[row[0] for row in SELECTORS]
)
def test_service_of_a_workload(selector: Any, selects: bool) -> None:
    web = deployment("web", {"app": "web", "tier": "front"})
    service = other("Service", "s", {"selector": selector})
    assert names(Index([web, service]).services_of(web)) == (["s"] if selects else [])


BUDGETS: list[tuple[str, Any, bool]] = [
    ("labels", {"matchLabels": {"app": "web"}}, True),
    ("other labels", {"matchLabels": {"app": "db"}}, False),
    (
        "an expression alone",
        {"matchExpressions": [{"key": "app", "operator": "In", "values": ["web", "db"]}]},
        True,
    ),
    (
        "labels and an expression against it",
        {"matchLabels": {"app": "web"}, "matchExpressions": [{"key": "app", "operator": "Nope"}]},
        False,
    ),
    ("everything", {}, True),
    ("null", None, False),
]


@pytest.mark.parametrize(
    ("selector", "selects"), [row[1:] for row in BUDGETS], ids=[row[0] for row in BUDGETS]
)
def test_budget_of_a_workload_and_back(selector: Any, selects: bool) -> None:
    web = deployment("web", {"app": "web"})
    budget = other("PodDisruptionBudget", "b", {"selector": selector})
    index = Index([web, budget])
    assert names(index.budgets_of(web)) == (["b"] if selects else [])
    assert names(index.selected_by_budget(budget)) == (["web"] if selects else [])


def test_autoscalers_keep_their_order_and_know_their_target() -> None:
    web = deployment("web", {})
    reference = {"apiVersion": "apps/v1beta1", "kind": "Deployment", "name": "web"}
    found = [
        other("ScaledObject", "keda", {"scaleTargetRef": {"name": "web"}}),
        other("HorizontalPodAutoscaler", "second", {"scaleTargetRef": reference}),
        other("HorizontalPodAutoscaler", "third", {"scaleTargetRef": reference}),
        other("HorizontalPodAutoscaler", "else", {"scaleTargetRef": {**reference, "name": "db"}}),
        other("HorizontalPodAutoscaler", "none", {"scaleTargetRef": "web"}),
    ]
    assert names(Index([web, *found]).autoscalers_of(web)) == ["second", "third", "keda"]


def test_vertical_autoscalers_know_their_target() -> None:
    web = deployment("web", {})
    found = [
        other("VerticalPodAutoscaler", "a", {"targetRef": {"kind": "Deployment", "name": "web"}}),
        other("VerticalPodAutoscaler", "b", {"targetRef": {"kind": "DaemonSet", "name": "web"}}),
        other("VerticalPodAutoscaler", "c", {"targetRef": {"kind": ["Deployment"], "name": "web"}}),
    ]
    assert names(Index([web, *found]).vertical_autoscalers_of(web)) == ["a"]


def test_units_and_namespaces_are_worlds_of_their_own() -> None:
    here = deployment("web", {"app": "web"}, namespace="shop")
    index = Index(
        [
            here,
            deployment("web", {"app": "web"}, namespace="shop", unit="elsewhere"),
            deployment("web", {"app": "web"}),
        ]
    )
    assert list(index.of_kind(here, "apps", "Deployment")) == [here]
    assert index.named(here, "apps", "Deployment", "web") == [here]
    assert len(index.in_unit(here, "apps", "Deployment")) == 2


def world(seed: int, count: int) -> list[Resource]:
    """Objects with few labels and names, so that many of them meet, and some of them broken."""
    pick = random.Random(seed)

    def some_labels(most: int) -> dict[str, Any]:
        keys = pick.sample(["app", "tier", "part-of"], pick.randint(0, most))
        return {key: pick.choice(["a", "b", "c", 7, "not a label!"]) for key in keys}

    found: list[Resource] = []
    for number in range(count):
        namespace = pick.choice([None, "shop"])
        name = f"n{pick.randint(0, count // 2)}"
        labels: Any = some_labels(2)
        found += [
            deployment(name, some_labels(3), namespace=namespace),
            other("Service", f"s{number}", {"selector": labels}, namespace=namespace),
            other(
                "PodDisruptionBudget",
                f"b{number}",
                {"selector": pick.choice([{"matchLabels": labels}, {}, None])},
                namespace=namespace,
            ),
            other("ScaledObject", f"k{number}", {"scaleTargetRef": {"name": name}}),
        ]
    return found


@pytest.mark.parametrize("seed", range(5))
def test_agrees_with_comparing_everything(seed: int) -> None:
    every = world(seed, 40)
    index = Index(every)

    def beside(workload: Resource, kind: str) -> list[Resource]:
        return [r for r in every if r.kind == kind and r.namespace == workload.namespace]

    def holds(test: Any, selector: Any, workload: Resource) -> bool:
        try:
            return bool(test(selector, pod_labels(workload)))
        except SelectorError:
            return False

    for workload in (r for r in every if r.kind == "Deployment"):
        assert index.services_of(workload) == [
            service
            for service in beside(workload, "Service")
            if holds(matches_equality, dig(service.data, "spec", "selector"), workload)
        ]
        assert index.budgets_of(workload) == [
            budget
            for budget in beside(workload, "PodDisruptionBudget")
            if holds(matches, budget_selector(budget), workload)
        ]
        assert index.autoscalers_of(workload) == [
            scaler
            for scaler in beside(workload, "ScaledObject")
            if scale_target(scaler) == ("apps", "Deployment", workload.name)
        ]


def test_many_services_of_one_namespace_take_no_square_of_time() -> None:
    """Each with each would be 16 million comparisons, about a minute."""
    shared = {"app.kubernetes.io/part-of": "shop"}
    workloads = [deployment(f"w{n}", {**shared, "app": f"w{n}"}) for n in range(4000)]
    services = [
        other("Service", f"w{n}", {"selector": {**shared, "app": f"w{n}"}}) for n in range(4000)
    ]
    index = Index([*workloads, *services])
    start = time.process_time()
    found = [names(index.services_of(workload)) for workload in workloads]
    assert time.process_time() - start < 5
    assert found == [[workload.name] for workload in workloads]
