"""Fields that go together are judged whatever stands in them: any value of any type."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import pytest

from kguard.facts.schema import jobs, metrics

STRANGERS: list[Any] = [None, True, -1, "text", [], ["text", None], {}, {"name": []}, [[0]]]

WHOLE: dict[str, dict[str, Any]] = {
    "JobSpec": {
        "completionMode": "NonIndexed",
        "podReplacementPolicy": "TerminatingOrFailed",
        "podFailurePolicy": {
            "rules": [{"action": "FailIndex", "onExitCodes": {"containerName": "a"}}]
        },
        "template": {"spec": {"containers": [{"name": "b"}], "initContainers": [{"name": "c"}]}},
    },
    "PodFailurePolicyOnExitCodesRequirement": {"operator": "In", "values": [0, 1]},
    "PodFailurePolicyRule": {"action": "Ignore", "onExitCodes": {"values": [1]}},
    "ContainerResourceMetricSource": {"target": {"averageUtilization": 50}},
    "ExternalMetricSource": {"target": {"value": "1", "averageValue": "1"}},
    "HPAScalingRules": {"policies": [], "tolerance": "0.1"},
    "MetricIdentifier": {"name": "a/b"},
    "MetricSpec": {"type": "Object", "object": {"target": {}}, "pods": {}},
    "MetricTarget": {"type": "Value", "value": "0", "averageValue": "1"},
    "ObjectMetricSource": {"target": {"type": "Value", "averageValue": "1"}},
    "PodsMetricSource": {"target": {"averageUtilisation": 1}},
    "ResourceMetricSource": {"target": {"averageUtilization": 50}},
}
JUDGES: list[tuple[str, Callable[[Mapping[str, Any]], Iterator[Any]]]] = [
    each
    for table in (jobs.MISSING, jobs.WRONG, metrics.MISSING, metrics.WRONG)
    for each in table.items()
]


def variants(node: Any) -> Iterator[Any]:
    """The same with one value replaced, at every place."""
    yield from STRANGERS
    if isinstance(node, dict):
        for key, value in node.items():
            yield from ({**node, key: each} for each in variants(value))
    elif isinstance(node, list):
        for number, value in enumerate(node):
            yield from ([*node[:number], each, *node[number + 1 :]] for each in variants(value))


def test_every_judge_has_something_to_judge() -> None:
    assert {name for name, _ in JUDGES} == WHOLE.keys()


@pytest.mark.parametrize(("name", "judge"), JUDGES, ids=lambda value: str(value)[:40])
def test_no_value_is_too_strange(name: str, judge: Callable[..., Iterator[Any]]) -> None:
    for data in variants(WHOLE[name]):
        if isinstance(data, dict):
            list(judge(data))
