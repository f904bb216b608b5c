"""What is in force in a workflow: layers, references, and what the controller keeps."""

from __future__ import annotations

from typing import Any

import pytest
from argo_world import HEAD, world

from kguard.facts import Facts
from kguard.facts.argo.config import controller_config
from kguard.facts.argo.workflow import Reference, Workflow, is_absent, merged
from kguard.index import Index
from kguard.kube.recognise import resources
from kguard.model import Resource

MERGED: dict[str, tuple[list[Any], Any]] = {
    "one value": ([{"a": None, "b": ""}], {"a": None, "b": ""}),
    "a scalar": ([5, {"a": 1}], 5),
    "key by key": ([{"a": 1}, {"a": 2, "b": 3}], {"a": 1, "b": 3}),
    "deep": ([{"a": {"b": 1}}, {"a": {"b": 2, "c": 3}}], {"a": {"b": 1, "c": 3}}),
    "lists stand alone": ([{"a": [1]}, {"a": [2, 3]}], {"a": [1]}),
    "empty texts and nulls give way": (
        [{"a": "", "b": None, "c": 0}, {"a": 1, "b": 2, "c": 3}],
        {"a": 1, "b": 2, "c": 0},
    ),
    "what is no mapping gives way": ([{"a": 1}, "text", {"b": 2}], {"a": 1, "b": 2}),
    "nothing in any": ([{"a": None}, {"a": ""}], {}),
}


@pytest.mark.parametrize(("values", "expected"), MERGED.values(), ids=MERGED)
def test_merged_values(values: list[Any], expected: Any) -> None:
    assert merged(values) == expected


REFERENCES = {
    "none": ("kind: Workflow\nspec: {entrypoint: a}", Reference.NONE),
    "found": ("kind: Workflow\nspec: {workflowTemplateRef: {name: t}}", Reference.FOUND),
    "of the cluster": (
        "kind: Workflow\nspec: {workflowTemplateRef: {name: c, clusterScope: true}}",
        Reference.FOUND,
    ),
    "not of the cluster": (
        "kind: Workflow\nspec: {workflowTemplateRef: {name: t, clusterScope: true}}",
        Reference.UNSEEN,
    ),
    "a scope that is a text": (
        "kind: Workflow\nspec: {workflowTemplateRef: {name: t, clusterScope: 'true'}}",
        Reference.FOUND,
    ),
    "of a schedule": (
        "kind: CronWorkflow\nspec: {workflowSpec: {workflowTemplateRef: {name: t}}}",
        Reference.FOUND,
    ),
    "of a template, which Argo does not read": (
        "kind: WorkflowTemplate\nspec: {workflowTemplateRef: {name: t}}",
        Reference.NONE,
    ),
    "unseen": ("kind: Workflow\nspec: {workflowTemplateRef: {name: x}}", Reference.UNSEEN),
    "filled in": (
        "kind: Workflow\nspec: {workflowTemplateRef: {name: '{{x}}'}}",
        Reference.UNKNOWN,
    ),
    "no name": ("kind: Workflow\nspec: {workflowTemplateRef: {name: [t]}}", Reference.UNKNOWN),
    "several": ("kind: Workflow\nspec: {workflowTemplateRef: {name: twice}}", Reference.UNKNOWN),
    "no mapping": ("kind: Workflow\nspec: {workflowTemplateRef: t}", Reference.NONE),
}
TEMPLATES = "\n---\n".join(
    f"{{apiVersion: argoproj.io/v1alpha1, kind: {kind}, metadata: {{name: {name}}}, spec: {{}}}}"
    for kind, name in [
        ("WorkflowTemplate", "t"),
        ("ClusterWorkflowTemplate", "c"),
        ("WorkflowTemplate", "twice"),
        ("WorkflowTemplate", "twice"),
    ]
)


@pytest.mark.parametrize(("text", "expected"), REFERENCES.values(), ids=REFERENCES)
def test_references(text: str, expected: Reference) -> None:
    head = "apiVersion: argoproj.io/v1alpha1\nmetadata: {name: w}\n"
    facts, found = world(f"{head}{text}\n---\n{TEMPLATES}")
    run = facts.argo_workflow(found[0])

    assert run is not None
    assert run.reference is expected
    assert run.complete is (expected in (Reference.NONE, Reference.FOUND))
    assert (run.template is not None) is (expected is Reference.FOUND)


def configured(data: str) -> Workflow:
    facts, found = world(
        f"{HEAD}spec: {{}}\n---\napiVersion: v1\nkind: ConfigMap\n"
        f"metadata: {{name: workflow-controller-configmap}}\ndata: {data}\n"
    )
    run = facts.argo_workflow(found[0])
    assert run is not None
    return run


# `data` of the ConfigMap → whether finished workflows are deleted, whether all defaults are known.
CONFIGS = {
    "whole": ("{retentionPolicy: '{completed: 1, failed: 1, errored: 1}'}", True, True),
    "in part, which keeps none of the others": ("{retentionPolicy: '{failed: 3}'}", True, True),
    "empty, which keeps none at all": ("{retentionPolicy: '{}'}", True, True),
    "no mapping": ("{retentionPolicy: '5'}", False, True),
    "null": ("{retentionPolicy: ''}", False, True),
    "none": ("{parallelism: '5'}", False, True),
    "another text that cannot be read": ("{executor: '{a'}", False, True),
    "defaults that cannot be read": ("{workflowDefaults: '{a'}", False, False),
    "one text that cannot be read": ("{config: '{a'}", False, False),
}


@pytest.mark.parametrize(("data", "kept", "known"), CONFIGS.values(), ids=CONFIGS)
def test_what_a_configuration_tells(data: str, kept: bool, known: bool) -> None:
    found = configured(data)

    assert (found.retention, found.defaults_known) == (kept, known)


def test_nothing_is_known_without_a_configuration() -> None:
    facts, (resource,) = world(f"{HEAD}spec: {{}}")
    found = facts.argo_workflow(resource)

    assert found is not None
    assert (found.retention, found.defaults_known, found.config) == (False, False, None)


LIBRARIES = {
    ("WorkflowTemplate", ""): True,
    ("ClusterWorkflowTemplate", ""): True,
    ("WorkflowTemplate", "main"): False,
    ("ClusterWorkflowTemplate", "main"): False,
    ("Workflow", ""): False,
}


@pytest.mark.parametrize(("written", "expected"), LIBRARIES.items())
def test_a_template_without_an_entrypoint_is_a_library(
    written: tuple[str, str], expected: bool
) -> None:
    kind, entrypoint = written
    facts, (resource,) = world(
        f"apiVersion: argoproj.io/v1alpha1\nkind: {kind}\nmetadata: {{name: a}}\n"
        f"spec: {{entrypoint: '{entrypoint}'}}"
    )
    found = facts.argo_workflow(resource)

    assert found is not None
    assert found.library is expected


def made(kind: str, name: str, unit: str) -> Resource:
    head = {"apiVersion": "argoproj.io/v1alpha1", "kind": kind, "metadata": {"name": name}}
    (found,) = resources({**head, "spec": {}}, f"{unit}.yaml", unit=unit)
    return found


# Units that are complete and those rendered → whether a WorkflowTemplate, and one of the cluster,
# that is called `x` is nowhere.
ABSENT = {
    "nothing is complete": ((), (), (False, False)),
    "all is seen": (("a",), (), (True, True)),
    "a chart is rendered": (("a",), ("a",), (True, False)),
}


@pytest.mark.parametrize(("complete", "rendered", "expected"), ABSENT.values(), ids=ABSENT)
def test_what_is_nowhere(complete: Any, rendered: Any, expected: tuple[bool, bool]) -> None:
    near = made("Workflow", "w", "a")
    facts = Facts(Index([near], complete=complete, rendered=rendered))
    found = [is_absent(facts, near, "x", cluster=cluster) for cluster in (False, True)]

    assert tuple(found) == expected


def test_a_template_of_another_unit_may_be_the_one() -> None:
    near = made("Workflow", "w", "a")
    others = [made("WorkflowTemplate", "x", "b"), made("ClusterWorkflowTemplate", "y", "b")]
    facts = Facts(Index([near, *others], complete=("a", "b")))

    def absent(name: str) -> list[bool]:
        return [is_absent(facts, near, name, cluster=each) for each in (False, True)]

    assert [absent(name) for name in "xyz"] == [[False, True], [True, False], [True, True]]


SETTINGS = """
columns failedPodRestart initialDelay links metricsConfig namespaceParallelism navColor nodeEvents
parallelism persistence podGCDeleteDelayDuration podGCGracePeriodSeconds resourceRateLimit
retentionPolicy synchronization telemetryConfig workflowDefaults workflowEvents workflowRestrictions
"""


def test_every_setting_of_the_chart_has_its_place() -> None:
    """As argo-helm's template of the ConfigMap reads its values."""
    controller = {name: {"a": 1} for name in SETTINGS.split()}
    own = {name: {"b": 2} for name in ("artifactRepository", "executor", "mainContainer")}
    more = {"replicas": 2, "image": {"tag": "v4"}}
    (values,) = resources(
        {"controller": {**controller, **more}, **own, "server": {}}, "values.yaml"
    )
    config = controller_config(Facts(Index([values])), values)

    assert config is not None
    assert config.sections == {**controller, **own}
    assert config.at("columns", "a") == ("controller", "columns", "a")
    assert config.at("executor", "b") == ("executor", "b")
