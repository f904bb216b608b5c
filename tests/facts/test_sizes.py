"""Bytes as Go counts them."""

from __future__ import annotations

import pytest

from kguard.facts.sizes import json_bytes, literal_bytes, manifest_bytes, written

# The right-hand sides are what Go's json.Marshal prints.
JSON = {
    "compact": ({"a": [1, "b"]}, '{"a":[1,"b"]}'),
    "unicode stays": ("ä€😀", '"ä€😀"'),
    "HTML is escaped": ("<a&b>", r'"\u003ca\u0026b\u003e"'),
    "separators are escaped": ("\u2028\u2029", r'"\u2028\u2029"'),
    "control characters": ("\n\t", r'"\n\t"'),
}


@pytest.mark.parametrize(("value", "printed"), JSON.values(), ids=JSON)
def test_json_bytes(value: object, printed: str) -> None:
    assert json_bytes(value) == len(printed.encode())


LITERALS = {
    "ascii": ("abc", 3),
    "unicode": ("ä€", 5),
    "number": (12, 2),
    "mapping": ({"a": 1}, 7),
    "nothing": (None, 0),
    "a placeholder": ("a{{inputs.parameters.b}}c", 2),
    "a variable": ("a${B}c", 2),
    "an open placeholder": ("{{abc", 5),
    "a lone surrogate": ("\udc80", 1),
}


@pytest.mark.parametrize(("value", "expected"), LITERALS.values(), ids=LITERALS)
def test_literal_bytes(value: object, expected: int) -> None:
    assert literal_bytes(value) == expected


def test_manifests_are_measured_without_status_and_managed_fields() -> None:
    spec = {"kind": "Workflow", "metadata": {"name": "a"}}
    stored = {**spec, "metadata": {"name": "a", "managedFields": [1]}, "status": {"x": "y" * 99}}

    assert manifest_bytes(stored) == manifest_bytes(spec) == json_bytes(spec)


@pytest.mark.parametrize(
    ("size", "expected"),
    [(9, "9 bytes"), (10_239, "10,239 bytes"), (131_072, "128 KiB"), (1_572_864, "1.5 MiB")],
)
def test_sizes_are_written_for_people(size: int, expected: str) -> None:
    assert written(size) == expected
