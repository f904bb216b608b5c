"""How bad a controller is that may not write ConfigMaps: what no example is long enough for."""

from __future__ import annotations

from typing import Any

import pytest

from kguard.engine import run
from kguard.facts import Facts
from kguard.index import Index
from kguard.kube.recognise import resources
from kguard.model import Finding, Severity
from kguard.policy.registry import builtin

RBAC = "rbac.authorization.k8s.io/v1"
ROLE = {"kind": "Role", "name": "controller"}
POD = {
    "serviceAccountName": "argo",
    "containers": [{"name": "c", "image": "argoproj/workflow-controller:v4.0.6"}],
}
LARGE = {"script": {"image": "python:3", "command": ["python"], "source": "#" * 140_000}}
PARAMETER = {
    "inputs": {"parameters": [{"name": "p", "default": "#" * 140_000}]},
    "container": {"image": "a:1"},
}
INLINE = {"inputs": {"artifacts": [{"name": "a", "path": "/a"}]}, "container": {"image": "a:1"}}
RAW = {"artifacts": [{"name": "a", "raw": {"data": "#" * 140_000}}]}
MEMOIZED = {"memoize": {"key": "a"}, "container": {"image": "a:1"}}


def world(template: dict[str, Any], *verbs: str) -> list[dict[str, Any]]:
    """A controller that may do this with ConfigMaps, and a workflow with a template."""
    templates = [{"name": "main", **template}]
    return [
        {
            "apiVersion": RBAC,
            "kind": "Role",
            "metadata": {"name": "controller"},
            "rules": [
                {"apiGroups": [""], "resources": ["pods"], "verbs": ["create"]},
                {"apiGroups": [""], "resources": ["configmaps"], "verbs": list(verbs)},
            ],
        },
        {
            "apiVersion": RBAC,
            "kind": "RoleBinding",
            "metadata": {"name": "controller"},
            "roleRef": {"apiGroup": "rbac.authorization.k8s.io", **ROLE},
            "subjects": [{"kind": "ServiceAccount", "name": "argo"}],
        },
        {
            "apiVersion": "apps/v1",
            "kind": "Deployment",
            "metadata": {"name": "workflow-controller"},
            "spec": {"template": {"spec": POD}},
        },
        {
            "apiVersion": "argoproj.io/v1alpha1",
            "kind": "Workflow",
            "metadata": {"name": "w"},
            "spec": {"entrypoint": "main", "templates": templates},
        },
    ]


@pytest.mark.parametrize(
    ("template", "expected"),
    [
        (LARGE, Severity.ERROR),
        (MEMOIZED, Severity.WARNING),
        ({**MEMOIZED, **LARGE}, Severity.ERROR),
    ],
    ids=["large", "memoized", "both"],
)
def test_severity(template: dict[str, Any], expected: Severity) -> None:
    (finding,) = findings(world(template))

    why = "is memoized" if template is MEMOIZED else "is too long for an environment variable"
    assert finding.severity is expected
    assert finding.message.endswith(f"ConfigMaps, and template `main` {why}")


def test_a_long_template_needs_no_updates() -> None:
    assert findings(world(LARGE, "create")) == []


def test_raw_artifacts_go_to_the_pod_and_parameters_do_not() -> None:
    steps = {"steps": [[{"name": "s", "inline": INLINE, "arguments": RAW}]]}
    (finding,) = findings(world(steps))

    assert finding.severity is Severity.ERROR
    assert finding.message.endswith("inline template is too long for an environment variable")
    assert findings(world(PARAMETER)) == []


def test_raw_artifacts_of_the_workflow_go_to_the_pod_of_its_entrypoint() -> None:
    *others, workflow = world(INLINE)
    spec = {**workflow["spec"], "arguments": RAW}
    (finding,) = findings([*others, {**workflow, "spec": spec}])

    assert finding.message.endswith("template `main` is too long for an environment variable")


def test_steps_are_handed_to_no_pod() -> None:
    assert findings(world({"steps": [[{"name": "a", "template": "#" * 140_000}]]})) == []


def findings(world: list[dict[str, Any]]) -> list[Finding]:
    """What the policy finds."""
    found = [r for data in world for r in resources(data, "w.yaml")]
    (policy,) = (each for each in builtin() if each.id == "argo-rbac-configmaps-create")
    return list(run([policy], found, Facts(Index(found))).findings)
