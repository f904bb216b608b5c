"""What `argo lint` finds we find, each at its line: one object for every check of validate.go."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from textwrap import indent
from typing import Any

import pytest

from kguard.engine import run
from kguard.facts import Assumptions, Facts
from kguard.index import Index
from kguard.kube.recognise import resources
from kguard.policy.registry import builtin
from kguard.rules import Rule
from kguard.source import read

HERE = Path(__file__).parent
_START = "apiVersion: argoproj.io/v1alpha1\nkind: Workflow\nmetadata: {generateName: a-}\nspec:\n"
_END = "    - {name: run, inputs: {parameters: [{name: p, value: p}]}, container: {image: a}}\n"


def _cases() -> list[dict[str, str]]:
    source = read("parity.yaml", (HERE / "parity.yaml").read_bytes())
    assert source.errors == ()
    listed: list[dict[str, str]] = source.documents[0].data
    return listed


CASES = _cases()


def written(case: dict[str, str]) -> str:
    """The whole text of a case's object."""
    if "object" in case:
        return case["object"]
    spec = case["spec"]
    return _START + indent(spec, "  ") + _END


def found_in(text: str) -> Iterator[tuple[str, int, str]]:
    """The policy, line and severity of all that is found in a text."""
    source = read("w.yaml", text.encode())
    assert source.errors == ()
    document = source.documents[0]
    world = list(resources(document.data, "w.yaml"))
    policies = [policy for policy in builtin() if policy.family == "argo"]
    rules = {policy.id: Rule(policy.defaults) for policy in policies}
    facts = Facts(Index(world), Assumptions(argo_assume_none=True))
    for finding in run(policies, world, facts, lambda _: rules).findings:
        span = document.locate((*finding.resource.origin.prefix, *finding.route)).span
        yield finding.policy, span.line, finding.severity.word


@pytest.mark.parametrize(
    "case", CASES, ids=[f"{number}-{case['check']}" for number, case in enumerate(CASES)]
)
def test_every_check_of_argo_lint_has_a_policy(case: dict[str, Any]) -> None:
    text = written(case)
    (line,) = [number for number, each in enumerate(text.splitlines(), 1) if "# <-" in each]
    found = {(policy, at) for policy, at, severity in found_in(text) if severity != "note"}
    assert (case["policy"], line) in found
