"""What a tag reads where it stands, and why it reads nothing; worked out by hand after Argo's own
check (validate.go) and what a run fills in (docs/variables.md)."""

from __future__ import annotations

from textwrap import indent

import pytest
from argo_world import HEAD, world

from kguard.facts import Assumptions
from kguard.facts.argo.scope import Unresolved, unresolved

SPEC = """
entrypoint: main
arguments: {parameters: [{name: day, value: monday}]}
ABOVE
templates:
  - name: main
    inputs: {parameters: [{name: own, value: a}, {name: with-dash, value: a}]}
    steps:
      - - {name: first, template: run, arguments: {parameters: [{name: p, value: a}]}}
        - name: items
          template: run
          withItems: [{a: 1}]
          arguments: {parameters: [{name: p, value: "ITEM"}]}
        - name: numbers
          template: run
          withSequence: {count: 2}
          arguments: {parameters: [{name: p, value: "NUMBER"}]}
        - {name: data, template: data}
        - {name: web, template: web}
        - {name: plug, template: plug}
        - {name: wait, template: wait}
        - {name: set, template: set}
        - {name: other-set, template: other-set}
        - {name: served, template: served}
        - {name: made, template: made}
      - - {name: then, template: run, arguments: {parameters: [{name: p, value: "STEP"}]}}
    metadata: {labels: {a: "OWN"}}
    outputs: {parameters: [{name: o, valueFrom: {parameter: "OUTPUT"}}]}
  - name: run
    inputs: {parameters: [{name: p}], artifacts: [{name: f, path: /f, optional: true}]}
    outputs: {parameters: [{name: made, valueFrom: {path: /o}}]}
    container: {image: i, args: ["POD"]}
  - {name: data, data: {source: {}, transformation: []}}
  - {name: web, http: {url: "https://a.example.com", body: "HTTP"}}
  - {name: plug, plugin: {a: {}}}
  - {name: wait, suspend: {}}
  - {name: set, containerSet: {containers: [{name: main, image: i}]}}
  - {name: other-set, containerSet: {containers: [{name: side, image: i}]}}
  - {name: served, daemon: true, container: {image: i}}
  - {name: made, resource: {action: get, manifest: "kind: Pod"}}
"""


def whys(place: str, tag: str, above: str = "") -> list[str]:
    """Why the names of a tag at a place read nothing."""
    return [each.why for each in judged(place, tag, above)]


def judged(place: str, tag: str, above: str = "") -> list[Unresolved]:
    text = SPEC.replace("ABOVE", above).replace(f'"{place}"', f"'{tag}'")
    spec = f"spec:\n{indent(text, '  ')}"
    facts, (resource,) = world(HEAD + spec, Assumptions(argo_assume_none=True))
    found = facts.argo_workflow(resource)
    assert found is not None
    return list(unresolved(facts, found))


READ = {
    "POD": (
        "{{pod.name}} {{inputs.parameters.p}} {{inputs.artifacts.f.path}} {{inputs.parameters}}",
        "{{workflow.name}} {{workflow.namespace}} {{workflow.mainEntrypoint}} {{workflow.uid}}",
        "{{workflow.serviceAccountName}} {{workflow.status}} {{workflow.scheduledTime}}",
        "{{workflow.creationTimestamp}} {{workflow.creationTimestamp.s}} {{workflow.duration}}",
        "{{workflow.durationX}} {{workflow.parameters}} {{workflow.parameters.json}}",
        "{{workflow.labels}} {{workflow.annotations.json}} {{workflow.labels.argoproj.io/a}}",
        "{{workflow.outputs.parameters}} {{outputs.result}} {{item}} {{pod}} {{node.name}}",
    ),
    "STEP": (
        "{{steps.first.id}} {{steps.first.startedAt}} {{steps.first.finishedAt}} {{steps.name}}",
        "{{steps.first.hostNodeName}} {{steps.first.status}} {{steps.first.exitCode}}",
        "{{steps.first.outputs.result}} {{steps.first.outputs.parameters.made}}",
        "{{steps.items.outputs.parameters}} {{=steps.first.outputs.parameters}}",
        "{{steps.data.outputs.result}} {{steps.web.exitCode}} {{steps.plug.outputs.result}}",
        "{{steps.set.outputs.result}} {{steps.served.ip}} {{steps.wait.status}}",
    ),
    "ITEM": ("{{item}} {{item.a}}",),
    "NUMBER": ("{{item}}",),
    "OUTPUT": ("{{steps.then.outputs.result}}",),
    "OWN": ("{{steps.nobody.outputs.result}}", "{{inputs.parameters.own}}"),
    "HTTP": ("{{workflow.name}}",),
}


@pytest.mark.parametrize(
    ("place", "tag"), [(place, tag) for place, tags in READ.items() for tag in tags]
)
def test_what_is_provided(place: str, tag: str) -> None:
    assert whys(place, tag) == []


NOTHING = [
    ("POD", "{{pod.nam}}", "a pod has no `nam`; did you mean `name`?"),
    ("POD", "{{pod.name.x}}", "a pod has no `name.x`"),
    ("HTTP", "{{pod.name}}", "template `web` is no pod"),
    ("STEP", "{{pod.name}}", "template `main` is no pod"),
    ("POD", "{{workflow.nam}}", "a workflow has no `nam`; did you mean `name`?"),
    ("POD", "{{workflow.priority}}", "the workflow has no `priority`"),
    (
        "POD",
        "{{workflow.failures}}",
        "only what runs at the end of a workflow sees it, and nothing does",
    ),
    ("POD", "{{workflow.parameters.dya}}", "no argument `dya`"),
    ("POD", "{{workflow.labels.team}}", "no such label is written"),
    ("POD", "{{workflow.annotations.team}}", "no such annotation is written"),
    ("POD", "{{workflow.outputs.parameters.x}}", "no output has the `globalName` `x`"),
    ("POD", "{{workflow.outputs.artifacts.x}}", "no output has the `globalName` `x`"),
    ("POD", "{{inputs.parameter.p}}", "inputs have no `parameter`; did you mean `parameters`?"),
    ("POD", "{{inputs.artifact.f}}", "inputs have no `artifact`; did you mean `artifacts`?"),
    ("POD", "{{inputs.parameters.q}}", "template `run` has no input parameter `q`"),
    ("POD", "{{inputs.artifacts.p}}", "template `run` has no input artifact `p`"),
    (
        "STEP",
        "{{=inputs.parameters.with-dash}}",
        "in an expression a name with a dash is written `inputs.parameters['…']`",
    ),
    ("STEP", "{{=inputs.parameters.without}}", "template `main` has no input parameter `without`"),
    ("POD", "{{item.a}}", "only the arguments of the step or task with the loop see its items"),
    ("STEP", "{{item.a}}", "step `then` has no loop"),
    ("NUMBER", "{{item.a}}", "the items of a sequence are numbers"),
    ("ITEM", "{{item.b}}", "no item of step `items` has `b`"),
    ("POD", "{{steps.first.id}}", "template `run` has no steps"),
    ("STEP", "{{tasks.first.id}}", "template `main` has steps, no tasks"),
    ("STEP", "{{steps.frist.id}}", "template `main` has no step `frist`; did you mean `first`?"),
    ("OUTPUT", "{{steps.frist.id}}", "template `main` has no step `frist`; did you mean `first`?"),
    ("STEP", "{{steps.then.id}}", "step `then` has not run when it begins"),
    ("ITEM", "{{steps.first.id}}", "step `first` runs beside step `items`, not before it"),
    ("ITEM", "{{steps.then.id}}", "step `then` runs after step `items`"),
    (
        "STEP",
        "{{steps.first.exitcode}}",
        "step `first` has no `exitcode`; did you mean `exitCode`?",
    ),
    ("STEP", "{{steps.first.output}}", "step `first` has no `output`; did you mean `outputs`?"),
    ("STEP", "{{steps.first.ip}}", "template `run` is no daemon"),
    ("STEP", "{{steps.wait.exitCode}}", "template `wait` has no exit code"),
    ("STEP", "{{steps.made.outputs.result}}", "template `made` has no result"),
    ("STEP", "{{steps.other-set.outputs.result}}", "template `other-set` has no result"),
    ("STEP", "{{steps.first.outputs}}", "step `first` has no such output"),
    ("STEP", "{{steps.first.outputs.results}}", "step `first` has no such output"),
    (
        "STEP",
        "{{steps.first.outputs.parameters}}",
        "step `first` has no loop over items, whose outputs would be listed",
    ),
    (
        "STEP",
        "{{steps.numbers.outputs.parameters}}",
        "step `numbers` has no loop over items, whose outputs would be listed",
    ),
    (
        "STEP",
        "{{steps.first.outputs.parameters.mad}}",
        "template `run` has no output parameter `mad`; did you mean `made`?",
    ),
    (
        "STEP",
        "{{steps.first.outputs.artifacts.made}}",
        "template `run` has no output artifact `made`",
    ),
]


@pytest.mark.parametrize(("place", "tag", "why"), NOTHING)
def test_why_a_tag_reads_nothing(place: str, tag: str, why: str) -> None:
    assert whys(place, tag) == [why]


ABOVE = [
    ("{{workflow.priority}}", "priority: 3"),
    ("{{workflow.failures}}", "onExit: run"),
    ("{{workflow.failures}}", "hooks: {exit: {template: run}}"),
    ("{{workflow.parameters.other}}", 'workflowMetadata: {}\nworkflowTemplateRef: {name: "x"}'),
]


@pytest.mark.parametrize(("tag", "above"), ABOVE)
def test_what_the_specification_above_provides(tag: str, above: str) -> None:
    assert whys("POD", tag) != []
    assert whys("POD", tag, above) == []


OPTIONAL = [
    "inputs.parameters.q ?? 1",
    "inputs.parameters.q == nil",
    '"q" in inputs.parameters.q',
    'get(inputs, "parameters.q") + inputs.parameters.q',
    "true || inputs.parameters.q",
    "true && inputs.parameters.q",
    "true or inputs.parameters.q",
    "true and inputs.parameters.q",
    "let a = inputs.parameters.q; a",
    "if true {1} else {inputs.parameters.q}",
]


@pytest.mark.parametrize("text", OPTIONAL)
def test_an_expression_may_allow_for_a_missing_value(text: str) -> None:
    assert whys("POD", f"{{{{={text}}}}}") == []


@pytest.mark.parametrize(
    ("place", "tag", "supplied", "left"),
    [
        ("POD", "{{inputs.parameters.q}}", False, False),
        ("POD", "{{=inputs.parameters.q}}", False, True),
        ("STEP", "{{inputs.parameters.q}}", False, False),
        ("OUTPUT", "{{steps.nobody.id}}", False, False),
        ("OWN", "{{inputs.parameters.q}}", False, True),
        ("ITEM", "{{steps.first.id}}", False, True),
        ("POD", "{{workflow.parameters.q}}", True, False),
        ("POD", "{{workflow.annotations.q}}", True, False),
        ("POD", "{{workflow.labels.q}}", True, False),
        ("POD", "{{workflow.priority}}", True, False),
        ("POD", "{{workflow.nam}}", False, False),
    ],
)
def test_what_argo_does_about_it(place: str, tag: str, supplied: bool, left: bool) -> None:
    (found,) = judged(place, tag)

    assert (found.supplied, found.left) == (supplied, left)
