"""The objects that triggers of Argo Events' Sensors make."""

from __future__ import annotations

from typing import Any

import pytest

from kguard.kube.recognise import resources
from kguard.model import Resource

WORKFLOW = {
    "apiVersion": "argoproj.io/v1alpha1",
    "kind": "Workflow",
    "metadata": {"generateName": "run-", "labels": {"a.b": "c"}},
    "spec": {"arguments": {"parameters": [{"name": "x", "value": "1"}, {"name": "y"}]}},
}
JOB = {"apiVersion": "batch/v1", "kind": "Job", "metadata": {"name": "pi", "namespace": "jobs"}}
SOURCE = {"resource": WORKFLOW}
EVENT = "${event}"


def made(*triggers: Any, kind: str = "Sensor", group: str = "argoproj.io") -> list[Resource]:
    """What is found in a Sensor with such triggers, but for the Sensor itself."""
    sensor = {
        "apiVersion": f"{group}/v1alpha1",
        "kind": kind,
        "metadata": {"name": "hook", "namespace": "events"},
        "spec": {"triggers": list(triggers)},
    }
    first, *others = resources(sensor, "a.yaml", 3, unit="shop")
    assert (first.kind, first.embedded) == (kind, False)
    return others


def submitted(*goals: Any, **more: Any) -> Any:
    """The Workflow of a trigger whose parameters go to these places, None where it is left out."""
    parameters = [{"src": {"dependencyName": "d", "dataKey": "body"}, "dest": g} for g in goals]
    template = {"source": SOURCE, "parameters": parameters, **more}
    found = made({"template": {"name": "a", "argoWorkflow": template}})
    return found[0].data if found else None


@pytest.mark.parametrize(
    ("template", "expected"),
    [
        ({"argoWorkflow": {"source": SOURCE}}, ["Workflow/events/run-*"]),
        ({"argoWorkflow": {"source": SOURCE, "operation": ""}}, ["Workflow/events/run-*"]),
        ({"argoWorkflow": {"source": SOURCE, "operation": "submit"}}, ["Workflow/events/run-*"]),
        ({"argoWorkflow": {"source": SOURCE, "operation": "resubmit"}}, []),
        ({"argoWorkflow": {"source": SOURCE, "operation": "submit-from"}}, []),
        ({"argoWorkflow": {"source": SOURCE, "operation": ["submit"]}}, []),
        ({"argoWorkflow": {"source": SOURCE, "operation": "create"}}, []),
        ({"k8s": {"source": {"resource": JOB}}}, ["Job/jobs/pi"]),
        ({"k8s": {"source": SOURCE, "operation": "create"}}, ["Workflow/events/run-*"]),
        ({"k8s": {"source": SOURCE, "operation": "update"}}, []),
        ({"k8s": {"source": SOURCE, "operation": "patch"}}, []),
        ({"k8s": {"source": SOURCE, "operation": "delete"}}, []),
        ({"http": {"url": "http://a", "source": SOURCE}}, []),
        ({"argoWorkflow": {"source": {"url": {"path": "https://a"}}}}, []),
        ({"argoWorkflow": {"source": {"configmap": {"name": "a", "key": "b"}}}}, []),
        ({"argoWorkflow": {"source": {"inline": "kind: Job", **SOURCE}}}, []),
        ({"argoWorkflow": {"source": {"resource": "kind: Job"}}}, []),
        ({"argoWorkflow": {"source": {"resource": {"kind": "Job"}}}}, []),
        ({"argoWorkflow": [SOURCE]}, []),
        ("argoWorkflow", []),
    ],
    ids=lambda value: str(value)[:60],
)
def test_objects(template: Any, expected: list[str]) -> None:
    assert expected == [each.label for each in made({"template": template})]


def test_other_objects_have_no_triggers() -> None:
    trigger = {"template": {"argoWorkflow": {"source": SOURCE}}}
    assert made(trigger, kind="EventSource") == []
    assert made(trigger, group="example.com") == []


def test_identity() -> None:
    (job,) = made({"template": {"http": {}}}, {"template": {"k8s": {"source": {"resource": JOB}}}})
    prefix = ("spec", "triggers", 1, "template", "k8s", "source", "resource")
    assert (job.origin.path, job.origin.document, job.origin.prefix) == ("a.yaml", 3, prefix)
    assert (job.unit, job.embedded, job.data) == ("shop", True, JOB)


def test_what_parameters_replace_is_unknown() -> None:
    data = submitted(
        "spec.arguments.parameters.0.value",
        "spec.arguments.parameters.1.value",
        "spec.arguments.parameters.-1",
        "spec.arguments.parameters.3",
        r"metadata.labels.a\.b",
        "metadata.name",
    )
    names = [{"name": "x", "value": EVENT}, {"name": "y", "value": EVENT}, EVENT, EVENT]
    assert data["spec"]["arguments"]["parameters"] == names
    labels = {"a.b": EVENT}
    assert data["metadata"] == {"generateName": "run-", "labels": labels, "name": EVENT}
    assert WORKFLOW["spec"] == {
        "arguments": {"parameters": [{"name": "x", "value": "1"}, {"name": "y"}]}
    }


@pytest.mark.parametrize(
    "goal",
    [
        "",
        None,
        5,
        "spec.none.value",
        "spec.arguments.parameters.7",
        "spec.arguments.parameters.x",
        "spec.arguments.parameters.-1.value",
        "metadata.generateName.0",
    ],
)
def test_what_a_parameter_adds_beyond_that_is_not_judged(goal: Any) -> None:
    assert submitted("metadata.name", goal) is None
    assert submitted("metadata.name") is not None


def test_what_is_changed_elsewhere_is_not_judged() -> None:
    template = {"argoWorkflow": {"source": SOURCE}}
    assert made({"template": template, "parameters": [{"dest": "name"}]}) == []
    assert submitted(parameters="x") is None
    assert submitted(args=["--serviceaccount", "a"]) is None
    assert submitted(args=["-p", "x=1"]) is None
    assert submitted(args=["--node-field-selector", "phase=abc"]) == WORKFLOW
