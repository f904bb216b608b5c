"""The table of Argo's fields, and what does not fit it."""

from __future__ import annotations

import pytest
from argo_world import HEAD, workflow, world

from kguard.facts import Assumptions
from kguard.facts.argo.shape import ArgoDatedField, dated_fields, unknown_fields, wrong_types
from kguard.kube import argo_schema, schema

LETTERS = {schema.STRING, schema.BOOLEAN, schema.NUMBER, schema.INT32, schema.QUANTITY}
LETTERS |= {schema.INT_OR_STRING, schema.ANYTHING, schema.TIME}


def test_every_struct_of_the_table_is_known() -> None:
    structs = argo_schema._table()["structs"]
    unknown = {
        f"{name}.{key}: {field.inner}"
        for name in structs
        for key, field in argo_schema.struct(name).items()
        if field.inner not in LETTERS and not argo_schema.struct(field.inner)
    }
    assert unknown == set()


SPANS = {
    "CronWorkflowSpec.schedule": (None, (3, 7)),
    "CronWorkflowSpec.schedules": ((3, 6), None),
    "PodGC.deleteDelayDuration": ((3, 5), None),
    "PodGC.strategy": (None, None),
    "Synchronization.mutex": (None, (3, 7)),
    "Template.pendingTimeout": ((4, 1), None),
    "Template.priority": (None, (3, 6)),
    "WorkflowSpec.podPriority": (None, (3, 6)),
    "WorkflowSpec.ttlSecondsAfterFinished": (None, (2, 12)),
}


@pytest.mark.parametrize(("name", "span"), SPANS.items(), ids=SPANS)
def test_the_versions_that_have_a_field(
    name: str, span: tuple[argo_schema.Version | None, argo_schema.Version | None]
) -> None:
    struct, _, key = name.partition(".")
    field = argo_schema.struct(struct)[key]
    assert (field.since, field.until) == span


def test_a_span_holds_its_ends() -> None:
    field = argo_schema.ArgoField("", "s", since=(3, 5), until=(3, 7))
    assert [field.holds((3, minor)) for minor in (4, 5, 7, 8)] == [False, True, True, False]


UNKNOWN = {
    "misspelt": ("{entryPoint: a}", ("entryPoint", "entrypoint", "")),
    "far from all": ("{whatever: a}", ("whatever", "", "")),
    "of the template around": (
        "{templates: [{name: a, container: {retryStrategy: {}}}]}",
        ("retryStrategy", "", "spec.templates[a]"),
    ),
    "of the container within": (
        "{templates: [{name: a, container: {}, args: [b]}]}",
        ("args", "", "container"),
    ),
    "a word of the template around, with what another field holds": (
        "{templates: [{name: a, container: {resource: {limits: {memory: 1Gi}}}}]}",
        ("resource", "resources", ""),
    ),
    "a field of the template around, near another": (
        "{templates: [{name: a, container: {resource: {action: get}}}]}",
        ("resource", "", "spec.templates[a]"),
    ),
    "of Kubernetes": (
        "{templates: [{name: a, container: {imagePullpolicy: a}}]}",
        ("imagePullpolicy", "imagePullPolicy", ""),
    ),
    "in a container with more fields": (
        "{templates: [{name: a, script: {sources: a, stdin: true}}]}",
        ("sources", "source", ""),
    ),
}


@pytest.mark.parametrize(("spec", "expected"), UNKNOWN.values(), ids=UNKNOWN)
def test_unknown_fields(spec: str, expected: tuple[str, str, str]) -> None:
    facts, found = workflow("\n" + spec)
    (unknown,) = unknown_fields(facts, found.resource)
    assert (unknown.key, unknown.meant, unknown.home) == expected


TYPES = {
    "a text for a number": ('{parallelism: "5"}', [("parallelism", "a whole number")]),
    "a float for a number": ("{parallelism: 1.5}", [("parallelism", "a whole number")]),
    "a whole float": ("{parallelism: 5.0}", []),
    "a number for a text": ("{entrypoint: 5}", [("entrypoint", "a text")]),
    "a text for a boolean": ('{suspend: "true"}', [("suspend", "`true` or `false`")]),
    "either": ("{retryStrategy: {limit: 1}}", []),
    "neither": ("{retryStrategy: {limit: true}}", [("limit", "a whole number or a text")]),
    "a list for a mapping": ("{podGC: []}", [("podGC", "a mapping")]),
    "a mapping for a list": ("{templates: {}}", [("templates", "a list")]),
    "any value of a parameter": ("{arguments: {parameters: [{name: a, value: 1.5}]}}", []),
    "labels": ("{podMetadata: {labels: {a: 5}}}", [("a", "a text")]),
    "what Kubernetes' containers are judged for elsewhere": (
        "{templates: [{name: a, script: {args: [5], image: true}}]}",
        [],
    ),
    "a list in a container": (
        "{templates: [{name: a, container: {image: [a]}}]}",
        [("image", "a text")],
    ),
    "a placeholder": ('{parallelism: "{{ .Values.n }}", podGC: "${GC}"}', []),
}


@pytest.mark.parametrize(("spec", "expected"), TYPES.values(), ids=TYPES)
def test_wrong_types(spec: str, expected: list[tuple[str, str]]) -> None:
    facts, found = workflow("\n" + spec)
    wrong = wrong_types(facts, found.resource)
    assert [(each.keys[-1], each.wanted) for each in wrong] == expected


def test_the_specification_of_a_cron_workflow_that_has_none() -> None:
    facts, (resource,) = world(
        """
        apiVersion: argoproj.io/v1alpha1
        kind: CronWorkflow
        metadata: {name: a}
        spec: {schedule: "0 1 * * *", workflowSpecs: {}}
        """
    )
    assert [each.key for each in unknown_fields(facts, resource)] == ["workflowSpecs"]
    (dated,) = dated_fields(facts, resource)
    assert isinstance(dated, ArgoDatedField)
    assert (dated.key, dated.struct) == ("schedule", "CronWorkflowSpec")


def test_an_empty_specification_is_no_unknown_field() -> None:
    facts, (resource,) = world(
        """
        apiVersion: argoproj.io/v1alpha1
        kind: Workflow
        metadata: {name: a}
        spec:
        """
    )
    assert unknown_fields(facts, resource) == []


@pytest.mark.parametrize(
    ("version", "told"),
    [
        pytest.param(
            (2, 12), "2.12 is older than the oldest version that is known, 3.4: ", id="old"
        ),
        pytest.param(
            (3, 3), "3.3 is older than the oldest version that is known, 3.4: ", id="before"
        ),
        pytest.param((3, 4), "", id="oldest"),
        pytest.param((4, 1), "", id="newest"),
        pytest.param((4, 9), "4.9 is newer than the newest version that is known, 4.1: ", id="new"),
        pytest.param(None, "", id="unknown"),
    ],
)
def test_a_version_whose_fields_are_not_listed_is_told(
    version: tuple[int, int] | None, told: str
) -> None:
    facts, (resource,) = world(f"{HEAD}spec: {{}}\n", Assumptions(argo=version))
    unknown_fields(facts, resource)
    dated_fields(facts, resource)
    assert [notice.startswith(f"Argo Workflows {told}") for notice in facts.notices] == (
        [True] if told else []
    )
