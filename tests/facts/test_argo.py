"""The effective specification: who wins, and where a value is written."""

from __future__ import annotations

import pytest
from argo_world import world

from kguard.facts import Assumptions
from kguard.facts.argo.workflow import Reference, Workflow, merged

LAYERS = """
apiVersion: v1
kind: ConfigMap
metadata: {name: workflow-controller-configmap, namespace: argo}
data:
  workflowDefaults: |
    spec:
      activeDeadlineSeconds: 60
      parallelism: 3
      ttlStrategy: {secondsAfterCompletion: 30}
      serviceAccountName: default
---
apiVersion: argoproj.io/v1alpha1
kind: WorkflowTemplate
metadata: {name: t}
spec:
  entrypoint: main
  parallelism: 2
  ttlStrategy: {secondsAfterFailure: 20}
---
apiVersion: argoproj.io/v1alpha1
kind: Workflow
metadata: {name: w}
spec:
  workflowTemplateRef: {name: t}
  parallelism: 1
  serviceAccountName: ""
  ttlStrategy: {secondsAfterSuccess: 10}
"""

WHERE = {
    "the workflow wins": (("parallelism",), 1, "Workflow", ("spec", "parallelism")),
    "the template comes next": (
        ("entrypoint",),
        "main",
        "WorkflowTemplate",
        ("spec", "entrypoint"),
    ),
    "the defaults come last": (
        ("activeDeadlineSeconds",),
        60,
        "ConfigMap",
        ("data", "workflowDefaults"),
    ),
    "an empty text is none": (
        ("serviceAccountName",),
        "default",
        "ConfigMap",
        ("data", "workflowDefaults"),
    ),
    "one field of a mapping": (
        ("ttlStrategy", "secondsAfterFailure"),
        20,
        "WorkflowTemplate",
        ("spec", "ttlStrategy", "secondsAfterFailure"),
    ),
}


def layered() -> Workflow:
    facts, found = world(LAYERS)
    workflow = facts.argo_workflow(found[-1])
    assert workflow is not None
    return workflow


@pytest.mark.parametrize(("keys", "value", "kind", "route"), WHERE.values(), ids=WHERE)
def test_values_know_where_they_are_written(
    keys: tuple[str, ...], value: object, kind: str, route: tuple[str, ...]
) -> None:
    setting = layered().setting(*keys)

    assert setting is not None
    assert (setting.value, setting.resource.kind, setting.route) == (value, kind, route)


def test_mappings_are_joined() -> None:
    expected = {"secondsAfterSuccess": 10, "secondsAfterFailure": 20, "secondsAfterCompletion": 30}

    assert layered().value("ttlStrategy") == expected


def test_what_nobody_writes_is_absent() -> None:
    assert layered().setting("podGC") is None
    assert layered().value("podGC", "strategy") is None


MERGES = {
    "a scalar wins": ([1, 2], 1),
    "a list wins": ([[1], [2]], [1]),
    "null is absent": ([{"a": None}, {"a": 1}], {"a": 1}),
    "an empty mapping adds nothing": ([{}, {"a": 1}], {"a": 1}),
    "nested": ([{"a": {"b": 1}}, {"a": {"b": 2, "c": 3}}], {"a": {"b": 1, "c": 3}}),
    "shapes that do not fit": ([{"a": 1}, [2]], {"a": 1}),
}


@pytest.mark.parametrize(("values", "expected"), MERGES.values(), ids=MERGES)
def test_merges(values: list[object], expected: object) -> None:
    assert merged(values) == expected


REFERENCES = {
    "none": ("{entrypoint: a}", Reference.NONE),
    "found": ("{workflowTemplateRef: {name: t}}", Reference.FOUND),
    "unseen": ("{workflowTemplateRef: {name: u}}", Reference.UNSEEN),
    "another scope": ("{workflowTemplateRef: {name: t, clusterScope: true}}", Reference.UNSEEN),
    "a placeholder": ('{workflowTemplateRef: {name: "{{t}}"}}', Reference.UNKNOWN),
    "two of that name": ("{workflowTemplateRef: {name: twice}}", Reference.UNKNOWN),
}


@pytest.mark.parametrize(("spec", "expected"), REFERENCES.values(), ids=REFERENCES)
def test_references(spec: str, expected: Reference) -> None:
    template = "apiVersion: argoproj.io/v1alpha1\nkind: WorkflowTemplate\n"
    text = "---\n".join(
        f"{template}metadata: {{name: {name}}}\nspec: {{}}\n" for name in ("t", "twice", "twice")
    )
    text += f"---\napiVersion: argoproj.io/v1alpha1\nkind: Workflow\nspec: {spec}\n"
    facts, found = world(text)
    workflow = facts.argo_workflow(found[-1])

    assert workflow is not None
    assert workflow.reference is expected


def test_defaults_are_known_where_a_configuration_is_seen_or_ruled_out() -> None:
    text = "apiVersion: argoproj.io/v1alpha1\nkind: Workflow\nspec: {}\n"
    known = []
    for assume in (Assumptions(), Assumptions(argo_assume_none=True)):
        facts, (resource,) = world(text, assume)
        workflow = facts.argo_workflow(resource)
        assert workflow is not None
        known.append(workflow.defaults_known)

    assert known == [False, True]
    assert layered().defaults_known
