"""Node counts of one run, and the bytes its status takes."""

from __future__ import annotations

from typing import Any

import pytest
from argo_world import workflow, world

from kguard.facts.argo.templates import Loop, loop_of
from kguard.facts.forecast.forecast import forecast_of
from kguard.facts.forecast.nodes import name_length

# Spec → (pods, retry nodes, other nodes), counted by hand after steps.go and dag.go.
COUNTS = {
    "one pod": ("{entrypoint: a, templates: [{name: a, script: {}}]}", (1, 0, 0)),
    "no pod": ("{entrypoint: a, templates: [{name: a, suspend: {}}]}", (0, 0, 1)),
    "a container set": (
        "{entrypoint: a, templates: [{name: a, containerSet: {containers: [{}, {}]}}]}",
        (1, 0, 2),
    ),
    "two groups of steps": (
        """
        entrypoint: a
        templates:
          - {name: a, steps: [[{template: b}, {template: b}], [{template: b}]]}
          - {name: b, container: {}}
        """,
        (3, 0, 1 + 2),
    ),
    "a loop in steps": (
        """
        entrypoint: a
        templates:
          - {name: a, steps: [[{template: b, withItems: [1, 2, 3]}]]}
          - {name: b, container: {}}
        """,
        (3, 0, 1 + 1),
    ),
    "a loop in a DAG has a task group": (
        """
        entrypoint: a
        templates:
          - {name: a, dag: {tasks: [{template: b, withItems: [1, 2, 3]}, {template: b}]}}
          - {name: b, container: {}}
        """,
        (4, 0, 1 + 1),
    ),
    "loops multiply": (
        """
        entrypoint: a
        templates:
          - {name: a, steps: [[{template: b, withSequence: {count: 10}}]]}
          - {name: b, steps: [[{template: c, withSequence: {start: 1, end: 20}}]]}
          - {name: c, retryStrategy: {limit: 2}, container: {}}
        """,
        (200, 200, 2 + 10 * 2),
    ),
    "retries of the whole workflow": (
        """
        entrypoint: a
        retryStrategy: {limit: 2}
        templates:
          - {name: a, steps: [[{template: b}]]}
          - {name: b, container: {}}
        """,
        (1, 2, 2),
    ),
    "exit handlers": (
        """
        entrypoint: a
        onExit: b
        templates:
          - name: a
            steps: [[{template: b, onExit: b}, {template: b, hooks: {exit: {template: b}}}]]
          - {name: b, container: {}}
        """,
        (5, 0, 2),
    ),
    "a recursion is followed once": (
        """
        entrypoint: a
        templates:
          - {name: a, steps: [[{template: b}], [{template: a, when: x}]]}
          - {name: b, container: {}}
        """,
        (1, 0, 3 + 1),
    ),
    "a loop of unknown length": (
        """
        entrypoint: a
        templates:
          - {name: a, steps: [[{template: b, withParam: "{{x}}"}]]}
          - {name: b, container: {}}
        """,
        (100, 0, 2),
    ),
    "calls that cannot be followed": (
        "{entrypoint: a, templates: [{name: a, steps: [[{templateRef: {name: x}}, {}]]}]}",
        (2, 0, 2),
    ),
}


@pytest.mark.parametrize(("spec", "expected"), COUNTS.values(), ids=COUNTS)
def test_counts(spec: str, expected: tuple[int, int, int]) -> None:
    facts, found = workflow(f"\n{spec}")
    forecast = facts.forecast(found.resource)

    assert forecast is not None
    count = forecast.count
    assert (count.pods, count.retries, count.others) == expected


def test_deep_chains_end() -> None:
    templates = "".join(
        f"\n  - {{name: t{n}, steps: [[{{template: t{n + 1}}}]]}}" for n in range(300)
    )
    facts, found = workflow(f"\nentrypoint: t0\ntemplates:{templates}")

    assert facts.forecast(found.resource) is not None


def test_calls_of_unseen_templates_are_told_apart() -> None:
    facts, found = workflow("\nentrypoint: a\ntemplates: [{name: a, steps: [[{templateRef: {}}]]}]")
    forecast = facts.forecast(found.resource)

    assert forecast is not None
    assert forecast.count.partial


@pytest.mark.parametrize("text", ["-1", "many", "", "1.5", "12345678901"])
def test_an_annotation_that_is_no_number_says_nothing(text: str) -> None:
    facts, (resource,) = world(
        f"""
        apiVersion: argoproj.io/v1alpha1
        kind: Workflow
        metadata: {{annotations: {{kguard.dev/expected-items: "{text}"}}}}
        spec:
          entrypoint: a
          templates:
            - {{name: a, steps: [[{{template: b, withParam: "{{{{x}}}}"}}]]}}
            - {{name: b, container: {{}}}}
        """
    )
    forecast = facts.forecast(resource)

    assert forecast is not None
    assert (forecast.count.pods, forecast.count.assumed) == (100, True)


# Where the measured status of a plain fan-out of a DAG passes a limit, in pods: the nodes alone,
# and what is stored with them packed.
BREAKS = {
    "compression begins": (1_100, lambda forecast: forecast.raw),
    "no room is left": (6_500, lambda forecast: forecast.packed + forecast.completion),
}


@pytest.mark.parametrize(("pods", "size"), BREAKS.values(), ids=BREAKS)
def test_the_forecast_agrees_with_the_measurements(pods: int, size: Any) -> None:
    facts, (resource,) = world(
        f"""
        apiVersion: argoproj.io/v1alpha1
        kind: Workflow
        metadata: {{name: a-workflow-name-of-25-cha}}
        spec:
          entrypoint: main
          templates:
            - name: main
              dag:
                tasks: [{{name: process, template: process, withSequence: {{count: {pods}}}}}]
            - {{name: process, container: {{}}}}
        """
    )
    forecast = facts.forecast(resource)

    assert size(forecast) == pytest.approx(1024 * 1024, rel=0.2)


LOOPS = {
    "items": ({"withItems": [1, "ab"]}, Loop("withItems", 2, literal_bytes=3)),
    "no items": ({"withItems": []}, Loop("withItems", 0)),
    "items that are a text": ({"withItems": "{{x}}"}, Loop("withItems", None, dynamic=True)),
    "a literal list": ({"withParam": "[1, 2]"}, Loop("withParam", 2, literal_bytes=6)),
    "no list": ({"withParam": "{}"}, Loop("withParam", None, literal_bytes=2)),
    "a placeholder": ({"withParam": "{{x}}"}, Loop("withParam", None, dynamic=True)),
    "a count": ({"withSequence": {"count": "7"}}, Loop("withSequence", 7)),
    "from and to": ({"withSequence": {"start": 3, "end": "1"}}, Loop("withSequence", 3)),
    "to": ({"withSequence": {"end": 4}}, Loop("withSequence", 5)),
    "nothing": ({"withSequence": {}}, Loop("withSequence", None)),
    "a placeholder in it": (
        {"withSequence": {"count": "{{n}}"}},
        Loop("withSequence", None, dynamic=True),
    ),
    "a boolean": ({"withSequence": {"count": True}}, Loop("withSequence", None)),
    "none": ({"withItems": None}, None),
}


LEFT = {
    "results": ("{{steps.few.outputs.result}}", Loop("withParam", 2, at_most=True)),
    "parameters": ("{{ tasks.few.outputs.parameters }}", Loop("withParam", 2, at_most=True)),
    "one parameter": ("{{tasks.few.outputs.parameters.a-b}}", Loop("withParam", 2, at_most=True)),
    "at second hand": ("{{tasks.second.outputs.result}}", Loop("withParam", 2, at_most=True)),
    "of a step that runs once": ("{{steps.once.outputs.result}}", Loop("withParam", None, True)),
    "of nobody": ("{{steps.gone.outputs.result}}", Loop("withParam", None, True)),
    "in a circle": ("{{steps.round.outputs.result}}", Loop("withParam", None, True)),
    "of an open loop": ("{{steps.open.outputs.result}}", Loop("withParam", None, True)),
    "artifacts": ("{{steps.few.outputs.artifacts.a}}", Loop("withParam", None, True)),
    "two of them": ("[{{steps.few.outputs.result}}]", Loop("withParam", None, True)),
}
NEIGHBOURS: dict[str, dict[str, object]] = {
    "few": {"withItems": [1, 2]},
    "second": {"withParam": "{{tasks.few.outputs.result}}"},
    "once": {"template": "a"},
    "round": {"withParam": "{{steps.round.outputs.result}}"},
    "open": {"withParam": "{{workflow.parameters.list}}"},
}


@pytest.mark.parametrize(("parameter", "expected"), LEFT.values(), ids=LEFT)
def test_a_loop_over_what_another_has_left(parameter: str, expected: Loop) -> None:
    assert loop_of({"withParam": parameter}, NEIGHBOURS) == expected


@pytest.mark.parametrize(("call", "expected"), LOOPS.values(), ids=LOOPS)
def test_loops(call: dict[str, object], expected: Loop | None) -> None:
    assert loop_of(call) == expected


ARGUMENTS = {
    "a list": ('withParam: "{{workflow.parameters.list}}"', (3, False)),
    "a number": ('withSequence: {count: "{{ workflow.parameters.many }}"}', (40, False)),
    "an input of the entrypoint": ('withParam: "{{inputs.parameters.list}}"', (3, False)),
    "no list": ('withParam: "{{workflow.parameters.many}}"', (100, True)),
    "without a value": ('withParam: "{{workflow.parameters.later}}"', (100, True)),
    "of nobody": ('withParam: "{{workflow.parameters.gone}}"', (100, True)),
    "part of a text": ('withParam: "[{{workflow.parameters.list}}]"', (100, True)),
}


@pytest.mark.parametrize(("loop", "expected"), ARGUMENTS.values(), ids=ARGUMENTS)
def test_loops_over_arguments_that_are_written(loop: str, expected: tuple[int, bool]) -> None:
    facts, found = workflow(
        f"""
        entrypoint: main
        arguments:
          parameters:
            - {{name: list, value: "[1, 2, 3]"}}
            - {{name: many, value: 40}}
            - {{name: later}}
        templates:
          - {{name: main, steps: [[{{name: a, template: a, {loop}}}]]}}
          - {{name: a, container: {{}}}}
        """
    )
    nominal, asked = forecast_of(facts, found), forecast_of(facts, found, 7)

    assert nominal is not None
    assert asked is not None
    assert (nominal.count.pods, nominal.count.assumed) == expected
    assert asked.count.pods == 7


def test_the_entrypoint_of_another_object_has_other_inputs() -> None:
    facts, (run, _) = world(
        """
        apiVersion: argoproj.io/v1alpha1
        kind: Workflow
        metadata: {name: w}
        spec:
          entrypoint: main
          arguments: {parameters: [{name: list, value: "[1, 2, 3]"}]}
          templates:
            - {name: main, steps: [[{name: a, templateRef: {name: t, template: main}}]]}
        ---
        apiVersion: argoproj.io/v1alpha1
        kind: WorkflowTemplate
        metadata: {name: t}
        spec:
          templates:
            - name: main
              inputs: {parameters: [{name: list}]}
              steps: [[{name: b, template: b, withParam: "{{inputs.parameters.list}}"}]]
            - {name: b, container: {}}
        """
    )
    found = facts.forecast(run)

    assert found is not None
    assert (found.count.pods, found.count.assumed) == (100, True)


# Object → how long the name of its run is.
NAMES = {
    "a name": ("kind: Workflow, metadata: {name: abc}, spec: {}", 3),
    "a generated name": ("kind: Workflow, metadata: {generateName: abc-}, spec: {}", 9),
    "a template": ("kind: WorkflowTemplate, metadata: {name: abc}, spec: {}", 9),
    "a schedule": ("kind: CronWorkflow, metadata: {name: abc}, spec: {workflowSpec: {}}", 14),
}


@pytest.mark.parametrize(("written", "expected"), NAMES.values(), ids=NAMES)
def test_how_long_the_name_of_a_run_is(written: str, expected: int) -> None:
    facts, (resource,) = world(f"{{apiVersion: argoproj.io/v1alpha1, {written}}}")
    found = facts.argo_workflow(resource)

    assert found is not None
    assert name_length(found) == expected


# Spec → nodes where every attempt but the last fails.
WORST = {
    "a limit": (
        "{entrypoint: a, templates: [{name: a, retryStrategy: {limit: 2}, script: {}}]}",
        4,
    ),
    "a limit as a text": (
        '{entrypoint: a, templates: [{name: a, retryStrategy: {limit: "2"}, script: {}}]}',
        4,
    ),
    "no limit": ("{entrypoint: a, templates: [{name: a, retryStrategy: {}, script: {}}]}", 2),
    "time for two attempts": (
        """
        entrypoint: a
        templates:
          - name: a
            script: {}
            retryStrategy: {limit: 9, backoff: {duration: 1m, factor: 3, maxDuration: 90s}}
        """,
        3,
    ),
    "nested retries multiply": (
        """
        entrypoint: a
        templates:
          - {name: a, retryStrategy: {limit: 1}, steps: [[{template: b}]]}
          - {name: b, retryStrategy: {limit: 2}, script: {}}
        """,
        1 + 2 * (2 + (1 + 3)),
    ),
    "retries around loops": (
        """
        entrypoint: a
        retryStrategy: {limit: 1}
        templates:
          - {name: a, dag: {tasks: [{template: b, withItems: [1, 2]}]}}
          - {name: b, script: {}}
        """,
        1 + 2 * (1 + 1 + 2 * 3),
    ),
}


@pytest.mark.parametrize(("spec", "expected"), WORST.values(), ids=WORST)
def test_every_attempt(spec: str, expected: int) -> None:
    facts, found = workflow(f"\n{spec}")
    forecast = forecast_of(facts, found, worst=True)

    assert forecast is not None
    assert forecast.count.nodes == expected


def test_retries_without_a_limit_are_told_apart() -> None:
    facts, found = workflow(
        """
        entrypoint: a
        templates: [{name: a, retryStrategy: {backoff: {duration: 1s}}, script: {}}]
        """
    )
    forecast = forecast_of(facts, found, worst=True)

    assert forecast is not None
    assert forecast.count.unbounded


def test_endless_retries_around_retries_stay_numbers() -> None:
    templates = "".join(
        f"\n  - {{name: t{n}, retryStrategy: {{limit: 999}}, steps: [[{{template: t{n + 1}}}]]}}"
        for n in range(60)
    )
    facts, found = workflow(f"\nentrypoint: t0\ntemplates:{templates}")
    forecast = forecast_of(facts, found, worst=True)

    assert forecast is not None
    assert forecast.count.pods == 10**9
