"""Who borrows a template, from the same folder or from another."""

from __future__ import annotations

import pytest

from kguard.facts import Facts
from kguard.facts.argo.borrowers import borrowers
from kguard.index import Index
from kguard.kube.recognise import resources
from kguard.model import Resource
from kguard.source import read

LIBRARY = """\
kind: WorkflowTemplate
metadata: {name: library, namespace: a}
spec:
  entrypoint: outer
  templates:
    - {name: outer, steps: [[{name: a, template: leaf}]]}
    - {name: leaf, container: {image: a}}
    - {name: other, container: {image: a}}
"""
BY_STEP = "templates: [{name: m, steps: [[{name: a, templateRef: {name: %s, template: %s}}]]}]"
TASK = "{name: a, templateRef: {name: library, template: leaf}}"
BY_TASK = f"templates: [{{name: m, dag: {{tasks: [{TASK}]}}}}]"
BY_HOOK = "hooks: {exit: {templateRef: {name: library, template: leaf}}}"
WHOLE = "workflowTemplateRef: {name: library}"
ONLY_OTHER = "entrypoint: other\n  workflowTemplateRef: {name: library}"
AT_THE_END = "onExit: other\n  workflowTemplateRef: {name: library}"


def objects(text: str, unit: str) -> list[Resource]:
    head = "apiVersion: argoproj.io/v1alpha1\n"
    documents = read("a.yaml", (head + text).encode()).documents
    return [each for d in documents for each in resources(d.data, "a.yaml", d.index, unit=unit)]


def borrowed(spec: str, unit: str, namespace: str = ", namespace: a") -> list[str]:
    """The templates of the library, which is in the unit `here`, that a workflow borrows."""
    metadata = f"{{name: caller{namespace}}}"
    (library,) = objects(LIBRARY, "here")
    (caller,) = objects(f"kind: Workflow\nmetadata: {metadata}\nspec:\n  {spec}\n", unit)
    facts = Facts(Index([library, caller]))
    found = {each.name: borrowers(facts, each) for each in facts.argo_templates(library)}
    assert all(each.resource is caller for callers in found.values() for each in callers)
    return [name for name, callers in found.items() if callers]


@pytest.mark.parametrize("unit", ["here", "there"])
@pytest.mark.parametrize(
    ("spec", "expected"),
    [
        pytest.param(BY_STEP % ("library", "outer"), ["outer", "leaf"], id="over another template"),
        pytest.param(BY_STEP % ("library", "leaf"), ["leaf"], id="step"),
        pytest.param(BY_STEP % ("else", "leaf"), [], id="of another object"),
        pytest.param(BY_STEP % ("library", "'{{x}}'"), [], id="placeholder"),
        pytest.param(BY_TASK, ["leaf"], id="task"),
        pytest.param(BY_HOOK, ["leaf"], id="hook"),
        pytest.param(WHOLE, ["outer", "leaf"], id="all of it"),
        pytest.param(ONLY_OTHER, ["other"], id="another entrypoint"),
        pytest.param(AT_THE_END, ["outer", "leaf", "other"], id="exit handler"),
    ],
)
def test_borrowers(unit: str, spec: str, expected: list[str]) -> None:
    assert borrowed(spec, unit) == expected


@pytest.mark.parametrize(("namespace", "expected"), [("", ["leaf"]), (", namespace: b", [])])
def test_another_namespace_borrows_nothing(namespace: str, expected: list[str]) -> None:
    assert borrowed(BY_TASK, "there", namespace) == expected
