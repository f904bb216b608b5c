"""What a pod asks for as a whole, against the arithmetic of the scheduler."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kguard.facts import Facts
from kguard.facts.podresources import (
    containers_total,
    has_pod_level,
    is_extended,
    is_overcommitted,
    pod_total,
    unit_of,
)
from kguard.facts.pods import Pod
from kguard.index import Index
from kguard.kube.recognise import resources

GI = Fraction(1024**3)


def pod_of(spec: dict[str, Any]) -> Pod:
    [found] = resources({"apiVersion": "v1", "kind": "Pod", "spec": spec}, "x.yaml")
    pod = Facts(Index([found])).pod(found)
    assert pod is not None
    return pod


def container(amount: Any, **more: Any) -> dict[str, Any]:
    requests = {} if amount is None else {"cpu": amount}
    return {"name": "a", "resources": {"requests": requests}, **more}


def scheduled(spec: dict[str, Any]) -> int:
    """PodRequests of component-helpers/resource/helpers.go for one resource."""

    def cpu(each: dict[str, Any]) -> int:
        return int(each["resources"]["requests"].get("cpu", 0))

    total = sum(cpu(each) for each in spec["containers"])
    restartable = peak = 0
    for each in spec["initContainers"]:
        if each.get("restartPolicy") == "Always":
            total += cpu(each)
            restartable += cpu(each)
            peak = max(peak, restartable)
        else:
            peak = max(peak, cpu(each) + restartable)
    return max(total, peak)


AMOUNTS = st.one_of(st.none(), st.integers(0, 20))
CONTAINERS = st.lists(AMOUNTS.map(container), max_size=4)
INITS = st.lists(
    st.one_of(
        AMOUNTS.map(container), AMOUNTS.map(lambda cpu: container(cpu, restartPolicy="Always"))
    ),
    max_size=4,
)


@given(CONTAINERS, INITS)
def test_sum_as_the_scheduler_counts(
    containers: list[dict[str, Any]], inits: list[dict[str, Any]]
) -> None:
    spec = {"containers": containers, "initContainers": inits}
    assert scheduled(spec) == containers_total(pod_of(spec), "requests", "cpu").value


def test_the_init_container_that_decides_is_named() -> None:
    inits = [container(3), container(1, restartPolicy="Always"), container(4)]
    total = containers_total(
        pod_of({"initContainers": inits, "containers": [container(2)]}), "requests", "cpu"
    )
    assert [total.running, total.init] == [3, 5]
    assert total.by is not None
    assert total.by.route == ("spec", "initContainers", 2)
    assert total.exact


@pytest.mark.parametrize(
    ("amount", "role", "exact"),
    [
        ("{{cpu}}", "containers", False),
        ("{{cpu}}", "initContainers", False),
        (None, "containers", False),
        (None, "initContainers", True),
        (1, "containers", True),
    ],
)
def test_what_is_not_said_makes_the_sum_a_lower_bound(amount: Any, role: str, exact: bool) -> None:
    spec = {"containers": [container(1)], "initContainers": []}
    spec[role] = [*spec[role], container(amount)]
    assert exact == containers_total(pod_of(spec), "requests", "cpu").exact


@pytest.mark.parametrize(
    ("own", "section", "expected"),
    [
        ({}, "requests", 2 * GI),
        ({"requests": {"memory": "3Gi"}}, "requests", 3 * GI),
        ({"limits": {"memory": "4Gi"}}, "requests", 2 * GI),
        ({"limits": {"memory": "4Gi"}}, "limits", 4 * GI),
        ({"requests": {"memory": "3Gi"}}, "limits", Fraction(0)),
        ({"requests": {"memory": "{{memory}}"}}, "requests", Fraction(0)),
    ],
    ids=str,
)
def test_the_pods_own_resources_come_first(own: Any, section: str, expected: Fraction) -> None:
    each = {"name": "a", "resources": {"requests": {"memory": "1Gi"}}}
    pod = pod_of({"containers": [each, each], "resources": own})
    assert expected == pod_total(pod, section, "memory")


def test_a_limit_of_the_pod_is_its_request_where_no_container_has_one() -> None:
    pod = pod_of({"containers": [{"name": "a"}], "resources": {"limits": {"cpu": 2}}})
    assert pod_total(pod, "requests", "cpu") == 2


@pytest.mark.parametrize(
    ("amount", "section", "overhead", "expected"),
    [
        (2, "requests", "250m", "2.25"),
        (None, "requests", "250m", "0.25"),
        (2, "requests", "{{overhead}}", "2"),
        (2, "limits", "250m", "0"),
    ],
)
def test_overhead_is_counted_beside_what_is_limited(
    amount: Any, section: str, overhead: str, expected: str
) -> None:
    pod = pod_of({"containers": [container(amount)], "overhead": {"cpu": overhead}})
    assert Fraction(expected) == pod_total(pod, section, "cpu")


def test_what_a_pod_itself_cannot_ask_for_does_not_count() -> None:
    own = {"requests": {"ephemeral-storage": "1Gi"}}
    pod = pod_of({"containers": [{"name": "a"}], "resources": own})
    assert pod_total(pod, "requests", "ephemeral-storage") == 0


@pytest.mark.parametrize(
    ("own", "expected"),
    [
        ({"requests": {"cpu": 1}}, True),
        ({"limits": {"hugepages-2Mi": "2Mi"}}, True),
        ({"limits": {"ephemeral-storage": "1Gi"}}, False),
        ({"limits": {}}, False),
        ({"limits": "1Gi"}, False),
        (None, False),
    ],
    ids=str,
)
def test_pod_level(own: Any, expected: bool) -> None:
    assert expected == has_pod_level(pod_of({"containers": [], "resources": own}))


@pytest.mark.parametrize(
    ("name", "extended", "overcommitted", "unit"),
    [
        ("cpu", False, True, None),
        ("ephemeral-storage", False, True, None),
        ("nvidia.com/gpu", True, False, 1),
        ("kubernetes.io/batch-cpu", False, True, None),
        ("hugepages-2Mi", False, False, 2 * 1024**2),
        ("hugepages-big", False, False, None),
    ],
)
def test_kinds_of_resources(
    name: str, extended: bool, overcommitted: bool, unit: int | None
) -> None:
    assert (extended, overcommitted, unit) == (
        is_extended(name),
        is_overcommitted(name),
        unit_of(name),
    )
