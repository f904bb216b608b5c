"""What is wrong around the specification of an Argo object, and how it is said."""

from __future__ import annotations

import pytest
from argo_world import world

from kguard.facts.argo.object_rules import of_object

_ENDS = "with a letter or digit at both ends"
_KEY = f"and the name in it has to be letters, digits, `-`, `_` and `.`, {_ENDS}"
_VALUE = f"and a label has to be letters, digits, `-`, `_` and `.`, {_ENDS}"
_NAME = f"and it has to be lower-case letters, digits, `-` and `.`, {_ENDS}"

METADATA = {
    "a value": ("labels: {ok: 'a b'}", f"the label `ok` is `a b`, {_VALUE}"),
    "a value that reads like a fault of a key": (
        "labels: {ok: has the key!}",
        f"the label `ok` is `has the key!`, {_VALUE}",
    ),
    "a key": ("labels: {-a: b}", f"`labels` has the key `-a`, {_KEY}"),
    "a key's domain": (
        "labels: {a/b/c: d}",
        "`labels` has the key `a/b/c`, whose part before the `/` is no domain",
    ),
    "a key of an annotation": ("annotations: {-a: b c}", f"`annotations` has the key `-a`, {_KEY}"),
    "the value of an annotation": ("annotations: {a: b c}", None),
    "labels that are none": ("labels: [a b]", None),
    "the start of a name": ("generateName: A-", f"a name made of `generateName` is `A-`, {_NAME}"),
    "a name": ("name: A-", f"the name is `A-`, {_NAME}"),
}


@pytest.mark.parametrize(("metadata", "expected"), METADATA.values(), ids=METADATA)
def test_names_and_labels(metadata: str, expected: str | None) -> None:
    facts, (resource,) = world(
        f"""
        apiVersion: argoproj.io/v1alpha1
        kind: Workflow
        metadata: {{{metadata}}}
        spec: {{}}
        """
    )

    found = [wrong.message for wrong in of_object(facts, resource)]

    assert found == ([] if expected is None else [expected])
