"""Nodes by their type: their sum is what the forecast counts."""

from __future__ import annotations

import pytest
from argo_world import workflow

from kguard.facts.forecast.forecast import counter_of, forecast_of
from kguard.facts.forecast.kinds import nodes_by_kind

LEAVES = """
  - {name: pod, container: {image: i}}
  - {name: again, retryStrategy: {limit: 2}, script: {image: i}}
  - {name: fetch, resource: {action: get}}
  - {name: sum, data: {}}
  - {name: wait, suspend: {}}
  - {name: ask, http: {url: u}}
  - {name: tell, plugin: {x: {}}}
  - {name: set, containerSet: {containers: [{name: x}, {name: y}]}}
  - {name: none, containerSet: {containers: text}}
  - {name: open}
"""

# Templates → the nodes of a run that goes well, and those of one that needs every attempt.
KINDS = {
    "pods": (
        "  - {name: main, steps: [[{template: pod}, {template: fetch}], [{template: sum}]]}",
        {"Pod": 3, "StepGroup": 2, "Steps": 1},
        {"Pod": 3, "StepGroup": 2, "Steps": 1},
    ),
    "no pods": (
        "  - {name: main, steps: [[{template: wait}, {template: ask}, {template: tell}]]}",
        {"HTTP": 1, "Plugin": 1, "StepGroup": 1, "Steps": 1, "Suspend": 1},
        {"HTTP": 1, "Plugin": 1, "StepGroup": 1, "Steps": 1, "Suspend": 1},
    ),
    "retries": (
        "  - {name: main, steps: [[{template: again, withItems: [1, 2]}]]}",
        {"Pod": 2, "Retry": 2, "StepGroup": 1, "Steps": 1},
        {"Pod": 6, "Retry": 2, "StepGroup": 1, "Steps": 1},
    ),
    "loops of a DAG": (
        """  - name: main
    dag: {tasks: [{name: a, template: pod, withItems: [1, 2]}, {name: b, template: pod}]}""",
        {"DAG": 1, "Pod": 3, "TaskGroup": 1},
        {"DAG": 1, "Pod": 3, "TaskGroup": 1},
    ),
    "container sets": (
        "  - {name: main, steps: [[{template: set, withItems: [1, 2, 3]}, {template: none}]]}",
        {"Container": 6, "Pod": 4, "StepGroup": 1, "Steps": 1},
        {"Container": 6, "Pod": 4, "StepGroup": 1, "Steps": 1},
    ),
    "hooks and exit handlers of each item": (
        """  - name: main
    steps: [[{template: pod, withItems: [1, 2], onExit: wait, hooks: {x: {template: ask}}}]]""",
        {"HTTP": 2, "Pod": 2, "StepGroup": 1, "Steps": 1, "Suspend": 2},
        {"HTTP": 2, "Pod": 2, "StepGroup": 1, "Steps": 1, "Suspend": 2},
    ),
    "templates that were not seen": (
        "  - {name: main, steps: [[{templateRef: {name: t, template: x}, withItems: [1, 2]}]]}",
        {"Pod": 2, "StepGroup": 1, "Steps": 1},
        {"Pod": 2, "StepGroup": 1, "Steps": 1},
    ),
    "a template of no type": (
        "  - {name: main, steps: [[{template: open}]]}",
        {"Other": 1, "StepGroup": 1, "Steps": 1},
        {"Other": 1, "StepGroup": 1, "Steps": 1},
    ),
    # Each attempt of `r` comes to itself once more, which is one node and not followed.
    "a recursion in a loop": (
        """  - {name: main, steps: [[{template: r, withItems: [1, 2, 3]}]]}
  - {name: r, retryStrategy: {limit: 1}, steps: [[{template: pod}], [{template: r, when: x}]]}""",
        {"Pod": 3, "Retry": 3, "StepGroup": 7, "Steps": 7},
        {"Pod": 6, "Retry": 3, "StepGroup": 13, "Steps": 13},
    ),
    "two templates that call each other": (
        """  - {name: main, steps: [[{template: r}, {template: s}]]}
  - {name: r, steps: [[{template: s}]]}
  - {name: s, dag: {tasks: [{name: a, template: r}]}}""",
        {"DAG": 2, "StepGroup": 2, "Steps": 4},
        {"DAG": 2, "StepGroup": 2, "Steps": 4},
    ),
}


@pytest.mark.parametrize(("spec", "nominal", "worst"), KINDS.values(), ids=KINDS)
def test_nodes_by_kind(spec: str, nominal: dict[str, int], worst: dict[str, int]) -> None:
    facts, found = workflow(f"\nentrypoint: main\ntemplates:\n{spec}{LEAVES}")

    for every, expected in ((False, nominal), (True, worst)):
        forecast = forecast_of(facts, found, worst=every)
        assert forecast is not None
        assert nodes_by_kind(counter_of(facts, found, worst=every)) == expected
        assert forecast.count.nodes == sum(expected.values())


def test_handlers_of_the_run() -> None:
    facts, found = workflow(
        f"""
entrypoint: pod
onExit: main
hooks: {{running: {{template: again, expression: x}}}}
templates:
  - {{name: main, steps: [[{{template: pod}}]]}}{LEAVES}"""
    )
    counter = counter_of(facts, found)
    forecast = forecast_of(facts, found)

    assert forecast is not None
    assert nodes_by_kind(counter) == {"Pod": 3, "Retry": 1, "StepGroup": 1, "Steps": 1}
    assert forecast.count.nodes == 6


# A call → what the forecast says of a run with it: assumed, partial, recursive, unbounded.
DOUBTS = {
    "none": ("{template: pod}", (False, False, False, False)),
    "a loop that is guessed": (
        "{template: pod, withParam: '{{x}}'}",
        (True, False, False, False),
    ),
    "a template that was not seen": ("{templateRef: {name: t}}", (False, True, False, False)),
    "a recursion": ("{template: main, when: x}", (False, False, True, False)),
    "retries without a limit": ("{template: endless}", (False, False, False, True)),
}


@pytest.mark.parametrize(
    "order", ["[{call}, {{template: again}}]", "[{{template: again}}, {call}]"]
)
@pytest.mark.parametrize(("call", "expected"), DOUBTS.values(), ids=DOUBTS)
def test_doubts_are_told_wherever_they_stand(
    call: str, expected: tuple[bool, ...], order: str
) -> None:
    facts, found = workflow(
        f"""
entrypoint: top
templates:
  - {{name: top, retryStrategy: {{limit: 1}}, steps: [[{{template: main, withItems: [1, 2]}}]]}}
  - {{name: main, steps: [{order.format(call=call)}]}}
  - {{name: endless, retryStrategy: {{}}, container: {{}}}}{LEAVES}"""
    )
    for worst in (False, True):
        forecast = forecast_of(facts, found, worst=worst)
        assert forecast is not None
        count = forecast.count
        assert (count.assumed, count.partial, count.recursive, count.unbounded) == expected
