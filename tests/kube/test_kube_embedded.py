"""The objects that an Argo workflow makes from manifests in its templates."""

from __future__ import annotations

from typing import Any

import pytest

from kguard.index import Index
from kguard.kube.recognise import resources
from kguard.model import Resource

JOB = "apiVersion: batch/v1\nkind: Job\nmetadata: {name: pi}\nspec: {template: {spec: {}}}\n"
OWNERS = [{"apiVersion": "argoproj.io/v1alpha1", "kind": "Workflow"}]


def made(*templates: Any, **metadata: Any) -> list[Resource]:
    """What is found in a workflow with such resource templates, but for the workflow itself."""
    workflow = {
        "apiVersion": "argoproj.io/v1alpha1",
        "kind": "Workflow",
        "metadata": metadata,
        "spec": {"templates": [{"name": "t", "resource": template} for template in templates]},
    }
    first, *others = resources(workflow, "a.yaml", 3, unit="shop")
    assert (first.kind, first.embedded) == ("Workflow", False)
    return others


@pytest.mark.parametrize(
    ("template", "expected"),
    [
        ({"action": "create", "manifest": JOB}, ["Job/pi"]),
        ({"action": "apply", "manifest": JOB}, ["Job/pi"]),
        ({"action": "replace", "manifest": JOB}, ["Job/pi"]),
        ({"action": "create", "manifest": f"{JOB}---\n{JOB}"}, ["Job/pi", "Job/pi"]),
        ({"action": "delete", "manifest": JOB}, []),
        ({"action": "get", "manifest": JOB}, []),
        ({"action": "patch", "manifest": JOB}, []),
        ({"action": "{{action}}", "manifest": JOB}, []),
        ({"action": ["create"], "manifest": JOB}, []),
        ({"manifest": JOB}, []),
        ({"action": "create", "manifest": {"kind": "Job"}}, []),
        ({"action": "create", "manifest": "{{manifest}}"}, []),
        ({"action": "create", "manifestFrom": {"artifact": {"name": "a"}}}, []),
        ({"action": "create", "manifest": "kind: pipeline\nname: x"}, []),
        ([JOB], []),
    ],
    ids=lambda value: str(value)[:40],
)
def test_objects(template: Any, expected: list[str]) -> None:
    assert expected == [each.label for each in made(template)]


def test_identity() -> None:
    (job,) = made({"action": "create", "manifest": JOB}, namespace="jobs")
    prefix = ("spec", "templates", 0, "resource", "manifest", 0)
    expected = ("jobs", "shop", "a.yaml", 3, prefix, True)
    origin = job.origin
    assert expected == (
        job.namespace,
        job.unit,
        origin.path,
        origin.document,
        origin.prefix,
        job.embedded,
    )


@pytest.mark.parametrize(
    ("templates", "expected"),
    [
        ([{"action": "create", "manifest": JOB}], None),
        ([{"action": "create", "manifest": JOB, "setOwnerReference": True}], OWNERS),
        ([{"action": "create", "manifest": JOB, "setOwnerReference": "true"}], None),
        ([{"action": "create", "manifest": JOB}, {"action": "delete", "manifest": JOB}], OWNERS),
    ],
)
def test_what_the_workflow_removes_has_an_owner(templates: list[Any], expected: Any) -> None:
    (job,) = made(*templates)
    assert expected == job.data["metadata"].get("ownerReferences")


def test_it_looks_for_others_and_is_found_by_none() -> None:
    (job,) = made({"action": "create", "manifest": JOB}, namespace="jobs")
    ranges = list(
        resources(
            {
                "apiVersion": "v1",
                "kind": "LimitRange",
                "metadata": {"name": "a", "namespace": "jobs"},
            },
            "b.yaml",
            unit="shop",
        )
    )
    index = Index([job, *ranges])
    assert ranges == list(index.of_kind(job, "", "LimitRange"))
    assert index.workloads() == []
    assert index.named(job, "batch", "Job", "pi") == []
    assert index.changed([job], [job]).workloads() == []
