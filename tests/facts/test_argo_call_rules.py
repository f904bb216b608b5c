"""What callers of templates lack, where it is more than anybody reads."""

from __future__ import annotations

from typing import Any

from kguard.facts import Facts
from kguard.facts.argo.spec_rules import wrong
from kguard.index import Index
from kguard.kube.recognise import resources


def said(inputs: int, *arguments: str) -> list[str]:
    """What is said of one step that gives these arguments to a template with so many inputs."""
    given = [{"name": name, "value": "1"} for name in arguments]
    step = {"name": "a", "template": "t", "arguments": {"parameters": given}}
    needed: list[dict[str, Any]] = [{"name": f"p{number}"} for number in range(inputs)]
    leaf = {"name": "t", "inputs": {"parameters": needed}, "suspend": {}}
    spec = {"entrypoint": "main", "templates": [{"name": "main", "steps": [[step]]}, leaf]}
    data = {"apiVersion": "argoproj.io/v1alpha1", "kind": "Workflow", "spec": spec}
    (resource,) = resources({**data, "metadata": {"name": "w"}}, "w.yaml")
    facts = Facts(Index([resource]))
    workflow = facts.argo_workflow(resource)
    assert workflow
    return [each.message for each in wrong(facts, workflow)]


def test_ten_missing_inputs_are_named() -> None:
    named = [f"step `a` gives no parameter `p{n}`, which template `t` needs" for n in range(10)]
    assert said(10) == named
    assert said(12, "p10", "p11") == named
    assert said(1511) == [*named[:9], f"{named[9]}, nor 1,501 more"]
    assert said(1511, "p10", "p1510", "p1511")[9] == f"{named[9]}, nor 1,499 more"
