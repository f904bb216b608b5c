"""No fact and no check of Argo objects raises, whatever stands where something else belongs."""

from __future__ import annotations

from copy import deepcopy
from functools import cache
from typing import Any

import pytest

from kguard.engine import run
from kguard.facts import Facts
from kguard.index import Index
from kguard.kube.recognise import resources
from kguard.model import Key
from kguard.policy import Policy
from kguard.policy.registry import load_registry

TEMPLATE = {
    "name": "a",
    "inputs": {"parameters": [{"name": "p", "default": "x"}]},
    "retryStrategy": {"backoff": {"duration": "1d"}},
    "timeout": "1h",
    "podSpecPatch": "containers: [{name: main}]",
    "initContainers": [{"name": "i", "args": ["x"], "env": [{"name": "A", "value": "b"}]}],
    "container": {"image": "a:1", "resources": {"requests": {"cpu": 1}}},
    "activeDeadlineSeconds": 5,
    "outputs": {"artifacts": [{"name": "o", "artifactGC": {"strategy": "Never"}}]},
    "synchronization": {"mutexes": [{"name": "m", "namespace": "n"}]},
}
STEPS = {
    "name": "main",
    "parallelism": None,
    "steps": [
        [
            {
                "name": "s",
                "template": "a",
                "withParam": "{{x}}",
                "arguments": {"parameters": [{"name": "p", "value": "v"}]},
                "hooks": {"exit": {"template": "a"}},
            },
            {"name": "t", "templateRef": {"name": "t", "template": "a"}, "withItems": [1]},
        ]
    ],
}
DAG = {
    "name": "dag",
    "dag": {
        "target": "b",
        "tasks": [
            {"name": "a", "template": "a", "depends": "b", "withSequence": {"count": 3}},
            {"name": "b", "inline": {"suspend": {"duration": "1d"}}, "dependencies": ["a"]},
        ],
    },
}
SPEC: dict[str, Any] = {
    "entrypoint": "main",
    "onExit": "a",
    "arguments": {"parameters": [{"name": "p", "value": "v"}]},
    "ttlStrategy": {"secondsAfterSuccess": 1},
    "ttlSecondsAfterFinished": 60,
    "podGC": {"strategy": "OnPodCompletion", "deleteDelayDuration": "1s"},
    "artifactGC": {"strategy": "OnWorkflowDeletion"},
    "volumeClaimTemplates": [{"metadata": {"name": "v"}}],
    "synchronization": {
        "mutex": {"name": "m", "namespace": "n"},
        "semaphores": [{"configMapKeyRef": {"name": "limits", "key": "a"}}],
    },
    "retryStrategy": {"backoff": {"maxDuration": "1h"}},
    "templateDefaults": {"container": {"resources": {}}, "retryStrategy": {}},
    "templates": [STEPS, DAG, TEMPLATE, {"name": "set", "containerSet": {"containers": [{}]}}],
}
API = "argoproj.io/v1alpha1"
WORLD: list[dict[str, Any]] = [
    {
        "apiVersion": API,
        "kind": "Workflow",
        "metadata": {"name": "w", "annotations": {"kguard.dev/expected-items": "5"}},
        "spec": SPEC,
    },
    {
        "apiVersion": API,
        "kind": "Workflow",
        "spec": {"workflowTemplateRef": {"name": "t"}, "ttlStrategy": {}},
    },
    {
        "apiVersion": API,
        "kind": "WorkflowTemplate",
        "metadata": {"name": "t"},
        "spec": {"templates": []},
    },
    {
        "apiVersion": API,
        "kind": "CronWorkflow",
        "spec": {
            "schedule": "0 3 * * *",
            "schedules": ["* * * * *"],
            "concurrencyPolicy": "Forbid",
            "startingDeadlineSeconds": 0,
            "timezone": "",
            "workflowSpec": {"entrypoint": "a"},
        },
    },
    {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": "limits"},
        "data": {"a": "1"},
    },
    {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": "workflow-controller-configmap"},
        "data": {"workflowDefaults": "\nspec: {podGC: {}}", "mainContainer": "{resources: {}}"},
    },
    {
        "apiVersion": "v1",
        "kind": "LimitRange",
        "spec": {"limits": [{"type": "Container", "default": {"cpu": 1}}]},
    },
]
WRONG: list[Any] = [None, True, 7, "text", "{{x}}", "", [], [None, [[]]], {}, {"a": 1}]


@cache
def argo_policies() -> list[Policy]:
    """The policies of the family."""
    return [p for p in load_registry().policies.values() if p.family == "argo"]


def routes(data: Any, route: tuple[Key, ...] = ()) -> list[tuple[Key, ...]]:
    """Every route into nested data."""
    items: list[tuple[Key, Any]] = []
    if isinstance(data, dict):
        items = list(data.items())
    elif isinstance(data, list):
        items = list(enumerate(data))
    found = [route] if route else []
    for key, value in items:
        found += routes(value, (*route, key))
    return found


def replaced(data: Any, route: tuple[Key, ...], value: Any) -> Any:
    """A copy of `data` with another value at a route."""
    copy = deepcopy(data)
    *parents, last = route
    target = copy
    for key in parents:
        target = target[key]
    target[last] = value
    return copy


@pytest.mark.parametrize("wrong", WRONG, ids=repr)
def test_no_check_raises(wrong: Any) -> None:
    policies = argo_policies()
    crashes = []
    for route in routes(WORLD):
        world = replaced(WORLD, route, wrong)
        found = [r for data in world for r in resources(data, "w.yaml")]
        outcome = run(policies, found, Facts(Index(found)))
        crashes += [(route, crash.policy, repr(crash.error)) for crash in outcome.crashes]

    assert crashes == []


def test_the_world_is_full_of_faults() -> None:
    policies = argo_policies()
    found = [r for data in WORLD for r in resources(data, "w.yaml")]
    outcome = run(policies, found, Facts(Index(found)))

    assert outcome.crashes == []
    assert len({finding.policy for finding in outcome.findings}) > 6
