"""Drone's amounts as the Kubernetes runner reads them, and what its runner requests by itself."""

from __future__ import annotations

from typing import Any

import pytest

from kguard.facts import Assumptions, Facts
from kguard.facts.drone.pipeline import (
    AmountError,
    Use,
    amounts,
    parse_memory,
    parse_millicores,
    pipeline_of,
)
from kguard.facts.drone.runner import runner_requests
from kguard.index import Index
from kguard.kube.recognise import resources
from kguard.model import Resource

# What buildkite/yaml v2.1.0 into int64 and runner-go's BytesSize answered when asked.
MILLICORES = {1: 1, 1000: 1000, 0.5: 0, 1.5: 1, 2.0: 2, -1: -1, 0: 0}
MEMORY = {512: 512, "512": 512, 0.5: 0, 1.5: 1, "500m": 524288000, "1G": 1073741824, -1: -1}


@pytest.mark.parametrize(("value", "expected"), MILLICORES.items())
def test_cpu_is_whole_millicores(value: Any, expected: int) -> None:
    assert parse_millicores(value) == expected


@pytest.mark.parametrize(("value", "expected"), MEMORY.items())
def test_memory_is_bytes_or_text_with_a_unit(value: Any, expected: int) -> None:
    assert parse_memory(value) == expected


CPU_ERRORS = {
    "500m": "500",
    "1": "1000",
    "0.5": "500",
    "1.25": "1250",
    "250": "250",
    "1500 m": "1500",
    "0.5m": None,
    "lots": None,
    "9" * 40: None,
    2**63: None,
    True: None,
}


@pytest.mark.parametrize(("value", "meant"), CPU_ERRORS.items())
def test_cpu_that_ends_the_build(value: Any, meant: str | None) -> None:
    with pytest.raises(AmountError) as caught:
        parse_millicores(value)
    assert caught.value.suggestion == meant


@pytest.mark.parametrize(
    ("value", "meant"),
    [("1Ei", None), ("1,5G", "1.5G"), (True, None), ([], None), ({}, None), (2**63, None)],
)
def test_memory_that_ends_the_build(value: Any, meant: str | None) -> None:
    with pytest.raises(AmountError) as caught:
        parse_memory(value)
    assert caught.value.suggestion == meant


def document(data: dict[str, Any]) -> Resource:
    (found,) = resources(data, ".drone.yml")
    return found


def pipeline(**data: Any) -> Resource:
    return document({"kind": "pipeline", "type": "kubernetes", **data})


def runner(tag: str = "1.0.0-rc.3", **container: Any) -> Resource:
    image = f"drone/drone-runner-kube:{tag}"
    containers = [{"name": "runner", "image": image, **container}]
    spec = {"template": {"spec": {"containers": containers}}}
    return document({"apiVersion": "apps/v1", "kind": "Deployment", "spec": spec})


EVERYWHERE = {
    "resources": {"requests": {"cpu": 1}, "limits": {"cpu": 2}},
    "steps": [{"name": "a", "resources": {"requests": {"cpu": 3}, "limits": {"cpu": 4}}}],
}


@pytest.mark.parametrize(
    ("tag", "expected"),
    [
        ("1.0.0-rc.3", {1: Use.APPLIED, 2: Use.REFUSED, 3: Use.DROPPED, 4: Use.APPLIED}),
        ("1.0.0-beta.7", {1: Use.APPLIED, 2: Use.REFUSED, 3: Use.DROPPED, 4: Use.APPLIED}),
        ("1.0.0-beta.6", {1: Use.DROPPED, 2: Use.DROPPED, 3: Use.APPLIED, 4: Use.APPLIED}),
        ("latest", {1: Use.APPLIED, 2: Use.REFUSED, 3: Use.DROPPED, 4: Use.APPLIED}),
    ],
)
def test_what_the_runner_does_with_each_amount(tag: str, expected: dict[int, Use]) -> None:
    item = pipeline(**EVERYWHERE)
    facts = Facts(Index([item, runner(tag)]))

    assert {amount.value: amount.use for amount in amounts(facts, item)} == expected


def test_names_in_messages() -> None:
    item = pipeline(steps=[{"name": "build"}, {"image": "a"}], services=[{"name": 1}])
    found = pipeline_of(Facts(Index([item])), item)

    assert found is not None
    assert found.called == "pipeline `default`"
    assert [step.called for step in found.steps] == [
        "unnamed service",
        "step `build`",
        "unnamed step",
    ]


def policy(**request: Any) -> Resource:
    return document({"kind": "policy", "name": "a", "resources": {"request": request}})


def set_to(value: str) -> Resource:
    return runner(env=[{"name": "DRONE_RESOURCE_REQUEST_CPU", "value": value}])


REQUESTS: dict[str, tuple[list[Resource], bool | None]] = {
    "nothing seen": ([], False),
    "a policy": ([policy(cpu=500)], True),
    "a policy on memory alone": ([policy(memory="1GiB")], False),
    "a policy of zero": ([policy(cpu=0)], False),
    "the environment": ([set_to("500")], True),
    "an environment of zero": ([set_to("0")], False),
    "an environment in full": ([runner(env=[{"name": "A", "value": "1"}])], False),
    "an environment unseen": ([runner(envFrom=[{"secretRef": {"name": "a"}}])], None),
    "a policy file unseen": ([runner(env=[{"name": "DRONE_POLICY_FILE", "value": "/a"}])], None),
}


@pytest.mark.parametrize(("others", "expected"), REQUESTS.values(), ids=REQUESTS)
def test_what_the_runner_requests_by_itself(others: list[Resource], expected: bool | None) -> None:
    item = pipeline()
    index = Index([item, *others])

    assert runner_requests(Facts(index), item, "cpu") is expected
    given = Facts(index, Assumptions(drone_requests_given=True))
    assert runner_requests(given, item, "cpu") is True
