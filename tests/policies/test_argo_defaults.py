"""Durations in the controller's defaults: which of them can be written anew where they stand."""

from __future__ import annotations

import pytest
from judging import the_finding

from kguard.model import Edit

CONFIG = """
    apiVersion: v1
    kind: ConfigMap
    metadata: {name: workflow-controller-configmap}
    data: {%s: "%s"}
"""
DEFAULTS = "{spec: {templateDefaults: {timeout: 1d}}}"


@pytest.mark.parametrize(
    ("key", "text"),
    [("workflowDefaults", DEFAULTS), ("config", f"workflowDefaults: {DEFAULTS}")],
)
def test_a_part_of_a_text_is_not_written_anew(key: str, text: str) -> None:
    assert the_finding("argo-duration-unit", CONFIG % (key, text)).fix is None


def test_helm_values_are() -> None:
    found = the_finding("argo-duration-unit", f"controller: {{workflowDefaults: {DEFAULTS}}}")
    route = ("controller", "workflowDefaults", "spec", "templateDefaults", "timeout")

    assert found.fix is not None
    assert found.fix.edits == (Edit(route, "24h"),)
