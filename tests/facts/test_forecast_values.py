"""Inputs that are handed on as tags: nodes hold what these stand for, as far as that is known."""

from __future__ import annotations

import json
from typing import Any

import pytest
from argo_world import workflow

from kguard.facts.argo.workflow import Workflow
from kguard.facts.forecast.forecast import Forecast, forecast_of
from kguard.facts.forecast.limits import outlook_of
from kguard.facts.forecast.values import names_in
from kguard.facts.run import Facts

QUERY = "a query of words " * 60
TAG = "{{inputs.parameters.q}}"


def loaded(argument: Any, given: Any, own: Any = None, inner: Any = TAG) -> tuple[Facts, Workflow]:
    """A loop of 50 steps that hand `inner` to pods, in a template that is handed `given`.

    `argument` is the workflow's, `own` what the pods' input says itself.
    """

    def parameters(value: Any) -> str:
        return json.dumps({"parameters": [{"name": "q", **({"value": value} if value else {})}]})

    return workflow(
        f"""
        entrypoint: main
        arguments: {parameters(argument)}
        templates:
          - name: main
            dag: {{tasks: [{{name: a, template: b, arguments: {parameters(given)}}}]}}
          - name: b
            inputs: {{parameters: [{{name: q}}]}}
            steps:
              - - name: c
                  template: c
                  withSequence: {{count: 50}}
                  arguments: {parameters(inner) if inner else "{}"}
          - {{name: c, inputs: {parameters(own)}, container: {{}}}}
        """
    )


def forecast(*args: Any, **more: Any) -> Forecast:
    found = forecast_of(*loaded(*args, **more))
    assert found is not None
    return found


HANDED_ON = {
    "an argument": "{{workflow.parameters.q}}",
    "with blanks": "{{ workflow.parameters.q }}",
    "as an expression": "{{=workflow.parameters.q}}",
    "by brackets": "{{= workflow.parameters['q'] }}",
}


@pytest.mark.parametrize("given", HANDED_ON.values(), ids=HANDED_ON)
@pytest.mark.parametrize("inner", [TAG, "{{=inputs.parameters.q}}", "{{inputs.parameters['q']}}"])
def test_tags_are_as_long_as_what_they_stand_for(given: str, inner: str) -> None:
    literal = forecast(None, QUERY, inner=QUERY)
    handed = forecast(QUERY, given, inner=inner)
    simple_brackets = inner.startswith("{{inputs.parameters[")

    # Only expressions have brackets: elsewhere Argo reads no such name.
    expected = literal.raw - 50 * len(QUERY) if simple_brackets else literal.raw
    assert handed.raw == expected
    if not simple_brackets:
        assert handed.packed == pytest.approx(literal.packed, rel=0.03)


def test_a_default_of_an_input_is_filled_too() -> None:
    literal = forecast(None, "x", own=QUERY, inner=None)
    handed = forecast(QUERY, "x", own="{{workflow.parameters.q}}", inner=None)

    assert handed.raw == literal.raw
    assert handed.packed == pytest.approx(literal.packed, rel=0.03)


def test_an_argument_comes_before_the_default() -> None:
    assert forecast(QUERY, "x", own="{{workflow.parameters.q}}").raw == forecast("", "x").raw


UNKNOWN = {
    "an argument without a value": (None, "{{workflow.parameters.q}}"),
    "an argument of nobody": (QUERY, "{{workflow.parameters.other}}"),
    "an output": (QUERY, "{{tasks.x.outputs.parameters.q}}"),
    "an input of nobody": (QUERY, "{{inputs.parameters.other}}"),
    "an input of a template without any": (QUERY, "{{inputs.parameters.q}}"),
    "an expression with more to it": (QUERY, "{{=workflow.parameters.q + 'x'}}"),
    "a subtraction": (QUERY, "{{=workflow.parameters.q-q}}"),
    "a name that only a run puts together": (
        QUERY,
        "{{inputs.parameters.{{workflow.parameters.q}}}}",
    ),
    "all of them": (QUERY, "{{workflow.parameters}}"),
    "an argument that is a tag itself": ("{{workflow.parameters.q}}", "{{workflow.parameters.q}}"),
}


@pytest.mark.parametrize(("argument", "given"), UNKNOWN.values(), ids=UNKNOWN)
def test_what_is_not_known_is_not_guessed(argument: str | None, given: str) -> None:
    more = forecast(argument, given).raw - forecast(None, None).raw

    assert 0 <= more <= 51 * len("{{inputs.parameters.}}")


def test_an_input_that_reads_itself_ends() -> None:
    facts, found = workflow(
        f"""
        entrypoint: a
        templates:
          - name: a
            inputs:
              parameters:
                - {{name: q, value: "{TAG} {{{{inputs.parameters.r}}}}"}}
                - {{name: r, value: "{TAG} {QUERY}"}}
            steps:
              - - {{template: a, arguments: {{parameters: [{{name: q, value: "{TAG}{TAG}"}}]}}}}
        """
    )
    found_forecast = forecast_of(facts, found)

    assert found_forecast is not None
    # The run holds two, what it calls five: inputs within inputs are filled once.
    assert sum(found_forecast.count.copies.values()) == 2 + 5


def test_texts_of_texts_stay_numbers() -> None:
    many = TAG * 300
    templates = "".join(
        f"""
          - name: t{number}
            inputs: {{parameters: [{{name: q}}]}}
            steps:
              - - template: t{number + 1}
                  arguments: {{parameters: [{{name: q, value: "{many}"}}]}}"""
        for number in range(90)
    )
    facts, found = workflow(
        f"""
        entrypoint: t0
        arguments: {{parameters: [{{name: q, value: "{QUERY}"}}]}}
        templates:{templates}
          - {{name: t90, inputs: {{parameters: [{{name: q}}]}}, container: {{}}}}
        """
    )
    outlook = outlook_of(facts, found)

    assert outlook is not None
    assert 10**12 < outlook.nominal.raw < 10**18
    assert outlook.limit.reached


def test_loops_around_loops_stay_numbers() -> None:
    many = 10**9
    templates = "".join(
        f"\n  - {{name: t{n}, steps: [[{{template: t{n + 1}, withSequence: {{count: {many}}}}}]]}}"
        for n in range(60)
    )
    facts, found = workflow(f"\nentrypoint: t0\ntemplates:{templates}")
    outlook = outlook_of(facts, found)

    assert outlook is not None
    assert outlook.limit.reached


def test_one_text_for_all_is_packed_once() -> None:
    once = forecast("x", "{{workflow.parameters.q}}")
    often = forecast(QUERY * 4, "{{workflow.parameters.q}}")

    assert often.raw - once.raw > 50 * len(QUERY * 4)
    assert often.packed - once.packed < 50 * 70


def test_the_items_of_an_argument_are_as_long_as_they_are() -> None:
    def of(items: list[Any]) -> Forecast:
        facts, found = workflow(
            f"""
            entrypoint: a
            arguments: {{parameters: [{{name: list, value: {json.dumps(json.dumps(items))}}}]}}
            templates:
              - name: a
                steps: [[{{template: b, withParam: "{{{{workflow.parameters.list}}}}"}}]]
              - {{name: b, container: {{}}}}
            """
        )
        found_forecast = forecast_of(facts, found)
        assert found_forecast is not None
        return found_forecast

    short, long = of([1] * 30), of(["x" * 200] * 30)

    assert long.raw - short.raw >= 30 * 2 * 190


NAMES = {
    "{{workflow.parameters.a-b}}": [("a-b", True)],
    "x {{ inputs.parameters.a }} {{=inputs.parameters.b}}": [("a", False), ("b", False)],
    '{{=workflow.parameters["a-b"]}}': [("a-b", True)],
    "{{=workflow.parameters.a-b}}": [],
    "{{workflow.parameters}} {{inputs.artifacts.a}} {{item}}": [],
    "{{inputs.parameters.{{item}}}} {{inputs.parameters.a}}": [],
}


@pytest.mark.parametrize(("text", "expected"), NAMES.items(), ids=NAMES)
def test_names_in_a_text(text: str, expected: list[tuple[str, bool]]) -> None:
    assert names_in(text) == expected


def artifacts(argument: str, handed: str, own: str = "") -> int:
    """The bytes of nodes of a run with a raw artifact in its arguments, for a loop of 50 pods."""
    result = forecast_of(
        *workflow(
            f"""
            entrypoint: main
            arguments: {{artifacts: [{{name: q, raw: {{data: "{argument}"}}}}, {{name: other}}]}}
            templates:
              - name: main
                inputs: {{artifacts: [{{name: q, path: /q}}]}}
                steps:
                  - - name: c
                      template: c
                      withSequence: {{count: 50}}
                      arguments: {{artifacts: [{{name: q, {handed}}}]}}
              - name: c
                inputs: {{artifacts: [{{name: q, path: /q{own}}}]}}
                container: {{}}
            """
        )
    )
    assert result is not None
    return result.raw


RAW = {
    "handed on": (QUERY, 'from: "{{inputs.artifacts.q}}"', 51),
    "handed on as an expression": (QUERY, 'from: "{{= inputs.artifacts.q }}"', 51),
    "handed over by each": ("", f'raw: {{data: "{QUERY}"}}', 50),
    "not handed on": (QUERY, 's3: {key: "{{inputs.artifacts.q}}"}', 1),
    "the output of a step": (QUERY, 'from: "{{steps.a.outputs.artifacts.q}}"', 1),
}


@pytest.mark.parametrize(("argument", "handed", "copies"), RAW.values(), ids=RAW)
def test_nodes_hold_raw_artifacts(argument: str, handed: str, copies: int) -> None:
    more = artifacts(argument, handed) - artifacts("", "optional: true")

    assert more == len(QUERY) * copies


def test_a_raw_artifact_that_is_handed_over_takes_the_place_of_the_templates_own() -> None:
    own = f", raw: {{data: {QUERY[:600].strip()}}}"
    nothing = artifacts("", "optional: true")
    emptied = artifacts("", "optional: true", own) - nothing
    replaced = artifacts("", 'raw: {data: "1234"}', own) - nothing

    assert (emptied, replaced) == (0, 4 * 50)
