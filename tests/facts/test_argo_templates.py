"""Values of templates under defaults, lengths of sequences, numbers, and what a call leads to."""

from __future__ import annotations

from typing import Any

import pytest
from argo_world import workflow, world

from kguard.facts.argo.templates import (
    Loop,
    Template,
    below,
    calls_of,
    loop_of,
    reach,
    whole_number,
)
from kguard.model import Key

DEFAULTS = """
templateDefaults: {timeout: 1h, retryStrategy: {limit: 3}, script: {image: "default:1"}}
retryStrategy: {limit: 9, retryPolicy: Always}
templates:
  - {name: script, timeout: "", retryStrategy: {retryPolicy: OnError}, script: {source: a}}
  - {name: container, timeout: 5m, container: {args: [a]}}
"""

# Template → keys → the value in force.
VALUES: dict[str, tuple[int, tuple[Key, ...], Any]] = {
    "of its own type": (0, ("script",), {"source": "a", "image": "default:1"}),
    "of another type": (1, ("script",), None),
    "joined": (0, ("retryStrategy",), {"retryPolicy": "OnError", "limit": 3}),
    "of defaults alone": (1, ("retryStrategy",), {"limit": 3}),
    "its own": (1, ("timeout",), "5m"),
    "an empty text is none": (0, ("timeout",), "1h"),
    "of nobody": (0, ("daemon",), None),
}


@pytest.mark.parametrize(("number", "keys", "expected"), VALUES.values(), ids=VALUES)
def test_values_under_defaults(number: int, keys: tuple[Key, ...], expected: Any) -> None:
    facts, found = workflow(DEFAULTS)

    assert facts.argo_templates(found.resource)[number].value(*keys) == expected


def test_the_defaults_are_those_of_the_workflow_that_runs_the_template() -> None:
    facts, (run, library) = world(
        """
        apiVersion: argoproj.io/v1alpha1
        kind: Workflow
        metadata: {name: w}
        spec: {templateDefaults: {timeout: 1h}, retryStrategy: {limit: 4}}
        ---
        apiVersion: argoproj.io/v1alpha1
        kind: WorkflowTemplate
        metadata: {name: t}
        spec:
          templateDefaults: {timeout: 2h, daemon: true}
          templates: [{name: a, container: {}}, {name: b, retryStrategy: {limit: 1}, suspend: {}}]
        """
    )
    workflow = facts.argo_workflow(run)
    first, second = facts.argo_templates(library)

    assert (first.value("timeout"), first.value("daemon")) == ("2h", True)
    assert (first.value("timeout", of=workflow), first.value("daemon", of=workflow)) == ("1h", None)
    assert (first.retry(), first.retry(workflow)) == (None, {"limit": 4})
    assert second.retry(workflow) == {"limit": 1}


SEQUENCES = {
    "no less than none": ({"count": -3}, 0),
    "a count before an end": ({"count": 2, "start": 5, "end": 9}, 2),
    "up": ({"start": 2, "end": 4}, 3),
    "down": ({"start": "4", "end": "-1"}, 6),
    "from 0": ({"end": 0}, 1),
    "a start that is filled in": ({"start": "{{x}}", "end": 4}, None),
    "an end that is filled in": ({"start": 1, "end": "{{x}}"}, None),
}


@pytest.mark.parametrize(("written", "expected"), SEQUENCES.values(), ids=SEQUENCES)
def test_sequences(written: dict[str, Any], expected: int | None) -> None:
    found = loop_of({"withSequence": written})

    assert found is not None
    assert (found.count, found.dynamic) == (expected, expected is None)


def test_items_that_are_filled_in_or_no_list() -> None:
    assert loop_of({"withItems": "{{x}}"}) == Loop("withItems", None, dynamic=True)
    assert loop_of({"withItems": "text"}) == Loop("withItems", None)


NUMBERS: dict[str, tuple[Any, int | None]] = {
    "a number": (5, 5),
    "a text": ("-5", -5),
    "the longest text": ("1" * 19, int("1" * 19)),
    "a longer text": ("1" * 20, None),
    "a boolean": (True, None),
    "decimals": (1.0, None),
    "other digits": ("\N{FULLWIDTH DIGIT FIVE}", None),
    "a superscript": ("\N{SUPERSCRIPT TWO}", None),
    "a plus": ("+5", None),
    "nothing": ("", None),
    "two signs": ("--5", None),
}


@pytest.mark.parametrize(("value", "expected"), NUMBERS.values(), ids=NUMBERS)
def test_whole_numbers(value: Any, expected: int | None) -> None:
    assert whole_number(value) == expected


CALLS = """
entrypoint: main
templates:
  - name: main
    steps: [[{name: a, template: b}, {name: c, inline: {suspend: {}}}, {template: b}]]
  - {name: b, dag: {tasks: [{name: d, template: leaf}, {name: e, template: b}, {template: leaf}]}}
  - {name: leaf, container: {}}
  - {name: other, container: {}}
"""


def names(templates: Any) -> list[str]:
    return sorted(template.called for template in templates)


def test_what_an_entrypoint_and_a_call_lead_to() -> None:
    facts, found = workflow(CALLS)
    main: Template = facts.argo_templates(found.resource)[0]
    first, inline, unnamed = calls_of(facts, main)
    leaf = ["template `b`", "template `leaf`"]

    assert names(below(facts, first)) == leaf
    assert names(below(facts, inline)) == ["inline template"]
    assert (first.called, unnamed.called) == ("step `a`", "unnamed step")
    assert names(reach(facts, found).templates) == ["inline template", *leaf, "template `main`"]
    assert reach(facts, found).whole


@pytest.mark.parametrize("start", ["gone", "'{{x}}'", "calls"])
def test_a_reach_with_gaps(start: str) -> None:
    facts, found = workflow(
        f"""
        entrypoint: {start}
        templates: [{{name: calls, dag: {{tasks: [{{name: a, templateRef: {{name: t}}}}]}}}}]
        """
    )

    assert not reach(facts, found).whole
