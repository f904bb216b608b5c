"""What counts as filled in later, and what is merely odd."""

from __future__ import annotations

import pytest

from kguard.facts.quantities import is_placeholder, literal


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("{{inputs.parameters.memory}}", True),
        ("{{ .Values.memory }}Mi", True),
        ("${MEMORY}", True),
        ("__DNS_MEMORY_LIMIT__", True),
        ("__DNS__MEMORY__LIMIT__", True),
        ("__MEMORY__Mi", True),
        ("<MEMORY>", True),
        ("<your memory>Gi", True),
        ("@MEMORY@", True),
        ("$MEMORY", False),
        ("__init__", False),
        ("1__Gi__", False),
        ("< 1", False),
        ("<>", False),
        ("@", False),
        ('["<b>", "<i>"]', False),
        ("a <NAME> in a text", False),
        ("", False),
        (None, False),
        (512, False),
        (["<NAME>"], False),
    ],
    ids=repr,
)
def test_is_placeholder(value: object, expected: bool) -> None:
    assert expected == is_placeholder(value)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("text", "text"),
        ("__init__", "__init__"),
        ("", None),
        ("${NAME}", None),
        ("__NAME__", None),
        (5, None),
        (None, None),
        ({}, None),
    ],
    ids=repr,
)
def test_a_literal_is_there_and_stands_for_itself(value: object, expected: str | None) -> None:
    assert literal(value) == expected
