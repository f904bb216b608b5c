"""What Argo refuses is said once: the mark of an example holds for all findings in its line."""

from __future__ import annotations

import pytest
from judging import the_finding

ARGUMENT = """
    apiVersion: argoproj.io/v1alpha1
    kind: Workflow
    metadata: {generateName: a-}
    spec:
      entrypoint: main
      arguments: {parameters: [{name: a, valueFrom: %s}]}
      templates: [{name: main, container: {image: a}}]
"""


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("{}", "argument `a` takes its value from nowhere"),
        ("{default: b}", "argument `a` takes its value from nowhere"),
        ("{expression: b}", "argument `a` has `valueFrom.expression`: that is for outputs"),
        (
            "{path: /b, configMapKeyRef: {name: a, key: b}}",
            "argument `a` has `valueFrom.path`: that is for outputs",
        ),
    ],
)
def test_where_an_argument_takes_its_value_from(source: str, message: str) -> None:
    found = the_finding("argo-spec-invalid", ARGUMENT % source)

    assert found.message == message
    assert found.help == (
        "`valueFrom` of an argument has one of `configMapKeyRef`, `event`, `supplied`"
    )
