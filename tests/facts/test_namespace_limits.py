"""LimitRanges and ResourceQuotas: which are in force for a pod, and nothing raises."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

import pytest

from kguard.engine import run
from kguard.facts import Facts
from kguard.facts.limitranges import clashes, limit_items, limits_beside
from kguard.facts.quotas import quotas_of, sections
from kguard.index import Index
from kguard.kube.recognise import resources
from kguard.model import Key, Resource
from kguard.policy.registry import load_registry


def made(kind: str, spec: Any, name: str = "a", namespace: str | None = None) -> dict[str, Any]:
    metadata = {"name": name} | ({"namespace": namespace} if namespace else {})
    return {"apiVersion": "v1", "kind": kind, "metadata": metadata, "spec": spec}


def facts_of(*objects: dict[str, Any]) -> tuple[Facts, list[Resource]]:
    found = [r for number, item in enumerate(objects) for r in resources(item, "x.yaml", number)]
    return Facts(Index(found)), found


def limits(*items: Any) -> dict[str, Any]:
    return made("LimitRange", {"limits": list(items)})


@pytest.mark.parametrize(
    ("item", "default", "requested"),
    [
        ({"max": {"cpu": 4}}, 4, 4),
        ({"default": {"cpu": 2}, "max": {"cpu": 4}}, 2, 2),
        ({"min": {"cpu": 1}}, None, 1),
        ({"min": {"cpu": 1}, "max": {"cpu": 4}}, 4, 4),
        ({"defaultRequest": {"cpu": 3}, "default": {"cpu": 3.5}}, 3.5, 3),
        ({"default": {"memory": 1}}, None, None),
    ],
    ids=str,
)
def test_what_is_filled_in(item: Any, default: Any, requested: Any) -> None:
    facts, [found] = facts_of(limits({"type": "Container", **item}))
    [each] = limit_items(facts, found)
    got = [each.filled(key, "cpu") for key in ("default", "defaultRequest")]
    assert [default, requested] == [amount and amount.text for amount in got]


def test_each_pair_out_of_order_is_one_clash() -> None:
    item = {
        "type": "Container",
        "min": {"cpu": 4},
        "defaultRequest": {"cpu": 3},
        "default": {"cpu": 2},
        "max": {"cpu": 1},
    }
    facts, [found] = facts_of(limits(item))
    [each] = limit_items(facts, found)
    pairs = {(clash.keys[0], clash.other and clash.other[0]) for clash in clashes(each)}
    assert pairs == {
        ("min", "max"),
        ("min", "defaultRequest"),
        ("min", "default"),
        ("defaultRequest", "default"),
        ("defaultRequest", "max"),
        ("default", "max"),
    }


def test_a_limit_range_that_is_refused_is_not_in_force() -> None:
    bad = made(
        "LimitRange", {"limits": [{"type": "Container", "max": {"cpu": 1}, "min": {"cpu": 2}}]}
    )
    good = made("LimitRange", {"limits": [{"type": "Container", "max": {"cpu": 3}}]}, "good")
    elsewhere = made("LimitRange", {"limits": [{"type": "Container"}]}, "b", "other")
    facts, found = facts_of(bad, good, elsewhere, made("Pod", {"containers": []}))
    in_force = limits_beside(facts, found[-1], "Container")
    assert [item.resource.name for item in in_force] == ["good"]


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("cpu", ("requests", "cpu")),
        ("requests.memory", ("requests", "memory")),
        ("limits.ephemeral-storage", ("limits", "ephemeral-storage")),
        ("requests.nvidia.com/gpu", ("requests", "nvidia.com/gpu")),
        ("hugepages-2Mi", ("requests", "hugepages-2Mi")),
        ("requests.storage", None),
        ("gold.storageclass.storage.k8s.io/requests.storage", None),
        ("pods", None),
        ("requests", None),
        ("count/deployments.apps", None),
        ("services.loadbalancers", None),
    ],
)
def test_names_of_a_quota(name: str, expected: Any) -> None:
    assert expected == sections(name)


def expression(operator: str, *values: str) -> dict[str, Any]:
    return {"scopeName": "PriorityClass", "operator": operator, "values": list(values)}


@pytest.mark.parametrize(
    ("quota", "pod", "counts"),
    [
        ({}, {}, True),
        ({"scopes": ["NotTerminating"]}, {}, True),
        ({"scopes": ["Terminating"]}, {}, False),
        ({"scopes": ["Terminating"]}, {"activeDeadlineSeconds": 5}, True),
        ({"scopes": ["NotBestEffort"]}, {}, False),
        ({"scopes": ["NotBestEffort"]}, {"resources": {"limits": {"cpu": 1}}}, True),
        ({"scopes": ["NotBestEffort"]}, {"resources": {"limits": {"cpu": 0}}}, False),
        (
            {"scopes": ["NotBestEffort"]},
            {"ephemeralContainers": [{"name": "e", "resources": {"limits": {"cpu": 1}}}]},
            False,
        ),
        ({"scopes": ["BestEffort"]}, {}, False),
        ({"scopes": ["Weather"]}, {}, False),
        ({"terms": [expression("Exists")]}, {"priorityClassName": "low"}, True),
        ({"terms": [expression("Exists")]}, {}, False),
        ({"terms": [expression("DoesNotExist")]}, {}, False),
        ({"terms": [expression("In", "high")]}, {"priorityClassName": "low"}, False),
        ({"terms": [expression("In", "low")]}, {"priorityClassName": "low"}, True),
        ({"terms": [expression("NotIn", "high")]}, {"priorityClassName": "low"}, True),
        ({"terms": [expression("Near", "high")]}, {"priorityClassName": "low"}, False),
        ({"terms": [expression("NotIn", "high")]}, {"priorityClassName": ""}, False),
        ({"terms": [expression("NotIn", "high")]}, {"priorityClassName": 7}, False),
        ({"terms": [{**expression("In"), "values": "low"}]}, {"priorityClassName": "low"}, False),
        ({"terms": [{**expression("In", "low"), "scopeName": "Weather"}]}, {}, False),
        ({"terms": ["PriorityClass"]}, {"priorityClassName": "low"}, False),
    ],
    ids=str,
)
def test_scopes(quota: dict[str, Any], pod: dict[str, Any], counts: bool) -> None:
    spec = {"hard": {"limits.cpu": 1}, "scopes": quota.get("scopes")}
    spec["scopeSelector"] = {"matchExpressions": quota.get("terms")}
    facts, found = facts_of(
        made("ResourceQuota", spec), made("Pod", {"containers": [{"name": "a"}], **pod})
    )
    judged = facts.pod(found[1])
    assert judged is not None
    assert counts == bool(quotas_of(facts, judged))


AMOUNT = {"cpu": 1, "memory": "2Gi", "nvidia.com/gpu": 1, "hugepages-2Mi": "3Mi"}
POD = {
    "priorityClassName": "low",
    "overhead": {"cpu": "1m"},
    "resources": {"requests": {"cpu": 1}, "limits": {"memory": "1Gi"}},
    "initContainers": [
        {"name": "i", "image": "a:1", "resources": {"requests": {"cpu": 9, "memory": "9Gi"}}}
    ],
    "containers": [
        {
            "name": "a",
            "image": "a:1",
            "resources": {"requests": {"memory": "0.1Gi", "nvidia.com/gpu": 2}, "limits": AMOUNT},
            "volumeMounts": [{"name": "shm", "mountPath": "/dev/shm"}],
        }
    ],
    "ephemeralContainers": [{"name": "e", "resources": {"limits": {"cpu": 1}}}],
    "volumes": [{"name": "shm", "emptyDir": {"medium": "Memory", "sizeLimit": "4Gi"}}],
}
WORLD: list[dict[str, Any]] = [
    {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": "a"},
        "spec": {
            "replicas": 3,
            "strategy": {"rollingUpdate": {"maxSurge": 1, "maxUnavailable": 0}},
            "template": {"spec": {k: v for k, v in POD.items() if k != "resources"}},
        },
    },
    made("Pod", POD, "own"),
    made(
        "LimitRange",
        {
            "limits": [
                {"type": "Container", "max": {"cpu": 1}, "maxLimitRequestRatio": {"memory": 2}},
                {"type": "Pod", "min": {"cpu": 20}, "max": {"memory": "1Gi"}},
                {"type": "PersistentVolumeClaim", "min": {"storage": "1Gi"}},
            ]
        },
    ),
    made(
        "ResourceQuota",
        {
            "hard": {"limits.cpu": 1, "requests.memory": "1Gi", "pods": 2},
            "scopes": ["NotTerminating"],
            "scopeSelector": {"matchExpressions": [expression("NotIn", "high")]},
        },
    ),
]
WRONG: list[Any] = [None, True, 7, -1, "text", "{{x}}", "", [], [None, [[]]], {}, {"a": 1}]


def routes(data: Any, route: tuple[Key, ...] = ()) -> list[tuple[Key, ...]]:
    """Every route into nested data."""
    items: Any = data.items() if isinstance(data, dict) else ()
    if isinstance(data, list):
        items = enumerate(data)
    return [each for key, value in items for each in [(*route, key), *routes(value, (*route, key))]]


@pytest.mark.parametrize("wrong", WRONG, ids=repr)
def test_no_check_raises(wrong: Any) -> None:
    every = load_registry().policies.values()
    policies = [p for p in every if p.family == "resources" or "quota" in p.id]
    crashes = []
    for *parents, last in routes(WORLD):
        world = deepcopy(WORLD)
        target: Any = world
        for key in parents:
            target = target[key]
        target[last] = wrong
        found = [r for data in world if isinstance(data, dict) for r in resources(data, "w.yaml")]
        outcome = run(policies, found, Facts(Index(found)))
        crashes += [(*parents, last, c.policy, repr(c.error)) for c in outcome.crashes]

    assert crashes == []


def test_the_world_of_the_test_above_has_findings() -> None:
    found = [r for data in WORLD for r in resources(data, "w.yaml")]
    every = load_registry().policies.values()
    policies = [p for p in every if p.family == "resources" or "quota" in p.id]
    outcome = run(policies, found, Facts(Index(found)))
    assert {
        "emptydir-memory-exceeds-limit",
        "ephemeral-container-resources",
        "extended-resource-invalid",
        "fractional-bytes",
        "init-container-dominates-request",
        "limitrange-violation",
        "pod-resources-inconsistent",
        "rollout-surge-exceeds-quota",
    } <= {finding.policy for finding in outcome.findings}
