"""No fact and no check of Argo objects raises, whatever stands where something else belongs."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import Any

import pytest

from kguard.engine import Engine, Outcome
from kguard.facts import Facts
from kguard.index import Index
from kguard.kube.recognise import resources
from kguard.model import Key, Resource
from kguard.policy.registry import load_registry
from kguard.rules import Rules, as_written

TEMPLATE = {
    "name": "a",
    "inputs": {
        "parameters": [{"name": "p", "default": "x"}],
        "artifacts": [{"name": "a", "path": "/a"}],
    },
    "retryStrategy": {"limit": 5, "retryPolicy": "Never", "backoff": {"duration": "1d"}},
    "timeout": "1h",
    "podSpecPatch": "containers: [{name: none, resources: {limits: {cpu: 1}}}]",
    "daemon": True,
    "metadata": {"labels": {"sidecar.istio.io/inject": "true"}, "annotations": {"a": "b"}},
    "nodeSelector": {"karpenter.sh/capacity-type": "spot", "kubernetes.io/arch": "arm64"},
    "affinity": {"podAffinity": {}},
    "tolerations": [{"key": "cloud.google.com/gke-spot", "value": "true"}],
    "volumes": [{"name": "w", "persistentVolumeClaim": {"claimName": "w"}}],
    "sidecars": [{"name": "s", "image": "a:1", "lifecycle": {"preStop": {}}}],
    "terminationGracePeriodSeconds": 60,
    "initContainers": [{"name": "i", "args": ["x"], "env": [{"name": "A", "value": "b"}]}],
    "container": {
        "image": "a:1",
        "resources": {"requests": {"cpu": 1}},
        "volumeMounts": [{"name": "v", "mountPath": "/v"}],
        "securityContext": {"readOnlyRootFilesystem": True},
    },
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
                "onExit": "gone",
                "hooks": {"exit": {"template": "gone"}, "run": {"templateRef": {"name": "t"}}},
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
SET = {
    "name": "set",
    "containerSet": {
        "volumeMounts": [{"name": "v"}],
        "containers": [
            {"name": "a", "resources": {"requests": {"cpu": 1}}},
            {"name": "b", "resources": {"requests": {"cpu": 1}}, "dependencies": ["a"]},
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
    "volumes": [{"name": "x", "emptyDir": {}}],
    "volumeClaimTemplates": [
        {"metadata": {"name": "v"}, "spec": {"accessModes": ["ReadWriteOnce"]}},
    ],
    "podMetadata": {"annotations": {"linkerd.io/inject": "enabled"}},
    "podSpecPatch": '{"containers": [{"name": "main", "image": "b"}]}',
    "hooks": {"running": {"template": "a", "expression": ""}},
    "synchronization": {
        "mutex": {"name": "m", "namespace": "n"},
        "semaphores": [{"configMapKeyRef": {"name": "limits", "key": "a"}}],
    },
    "retryStrategy": {"backoff": {"maxDuration": "1h"}},
    "templateDefaults": {"container": {"resources": {}}, "retryStrategy": {}},
    "templates": [STEPS, DAG, TEMPLATE, SET],
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
        "data": {
            "workflowDefaults": "\nspec: {podGC: {}}",
            "mainContainer": "{resources: {}}",
            "initlessPod": "{enabled: true}",
        },
    },
    {
        "apiVersion": "v1",
        "kind": "ResourceQuota",
        "spec": {"hard": {"limits.cpu": 1}},
    },
    {
        "apiVersion": "v1",
        "kind": "PersistentVolumeClaim",
        "metadata": {"name": "w"},
        "spec": {"accessModes": ["ReadWriteOncePod"]},
    },
    {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "spec": {
            "template": {
                "spec": {
                    "nodeSelector": {"kubernetes.io/arch": "amd64"},
                    "containers": [{"name": "c", "image": "argo/workflow-controller:v4.1.2"}],
                }
            }
        },
    },
    {
        "apiVersion": "rbac.authorization.k8s.io/v1",
        "kind": "RoleBinding",
        "metadata": {"name": "b"},
        "roleRef": {"kind": "Role", "name": "r"},
        "subjects": [{"kind": "ServiceAccount", "name": "default"}],
    },
    {
        "apiVersion": "rbac.authorization.k8s.io/v1",
        "kind": "Role",
        "metadata": {"name": "r"},
        "rules": [{"apiGroups": [""], "resources": ["pods"], "verbs": ["get"]}],
    },
    {
        "apiVersion": "v1",
        "kind": "LimitRange",
        "spec": {"limits": [{"type": "Container", "default": {"cpu": 1}}]},
    },
]
WRONG: list[Any] = [None, True, 7, "text", "{{x}}", "", [], [None, [[]]], {}, {"a": 1}]


FAMILIES = ("argo", "controller")
WORKFLOW = 0
"""Which object of the world is the one with everything in it."""


@cache
def argo_engine() -> tuple[Engine, Rules]:
    """The policies of the families that look at such objects, ready to judge."""
    policies = [p for p in load_registry().policies.values() if p.family in FAMILIES]
    return Engine(policies), as_written(policies)


def judged(world: list[list[Resource]]) -> Outcome:
    """What the policies say of all objects of a world."""
    engine, rules = argo_engine()
    found = [resource for objects in world for resource in objects]
    return engine.run(found, Facts(Index(found, complete=[""])), rules)


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
    """`data` with another value at a route; what is not on the way to it is shared."""
    if not route:
        return value
    copy: Any = dict(data) if isinstance(data, dict) else list(data)
    copy[route[0]] = replaced(data[route[0]], route[1:], value)
    return copy


def spoilt(offset: int) -> Iterator[list[tuple[Key, ...]]]:
    """Routes that are made wrong together, until each has been.

    One in a template, one in the rest of the Workflow and one in another object at the same time:
    what reads one of them seldom minds the others, and it takes half the time. There are fewer of
    the others, so they come again beside other ones, and with another `offset` beside yet others.
    What would take a template with it comes alone.
    """
    template: list[tuple[Key, ...]] = []
    workflow: list[tuple[Key, ...]] = []
    other: list[tuple[Key, ...]] = []
    for route in routes(WORLD):
        if (WORKFLOW, "spec", "templates")[: len(route)] != route[:3]:
            (workflow if route[0] == WORKFLOW else other).append(route)
        elif len(route) > 4:
            template.append(route)
        else:
            yield [route]
    for number in range(max(len(template), len(workflow), len(other))):
        yield [part[(number + offset) % len(part)] for part in (template, workflow, other)]


@pytest.mark.parametrize("wrong", WRONG, ids=repr)
def test_no_check_raises(wrong: Any) -> None:
    whole = [list(resources(data, "w.yaml")) for data in WORLD]
    crashes = []
    for wrongs in spoilt(37 * WRONG.index(wrong)):
        data = WORLD
        for route in wrongs:
            data = replaced(data, route, wrong)
        world = [
            list(resources(each, "w.yaml")) if each is not WORLD[number] else whole[number]
            for number, each in enumerate(data)
        ]
        crashes += [(wrongs, crash.policy, repr(crash.error)) for crash in judged(world).crashes]

    assert crashes == []


def test_the_world_is_full_of_faults() -> None:
    outcome = judged([list(resources(data, "w.yaml")) for data in WORLD])

    assert outcome.crashes == []
    assert len({finding.policy for finding in outcome.findings}) > 6
