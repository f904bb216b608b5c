"""Which files are Woodpecker's workflows, and what their steps are."""

from __future__ import annotations

from typing import Any

import pytest

from kguard.kube.recognise import foreign, resources
from kguard.kube.woodpecker import is_workflow, steps

STEPS: dict[str, Any] = {"steps": []}
FILES: dict[str, tuple[Any, str, bool]] = {
    "the file": (STEPS, ".woodpecker.yaml", True),
    "with the short ending": (STEPS, "deep/.woodpecker.yml", True),
    "in the folder": (STEPS, ".woodpecker/test.yml", True),
    "in a folder of it": (STEPS, "a\\.woodpecker\\b\\test.yml", True),
    "another name": (STEPS, "woodpecker.yaml", False),
    "a name that begins so": (STEPS, ".woodpecker.yaml.bak", False),
    "a Kubernetes object": ({"apiVersion": "v1", **STEPS}, ".woodpecker/a.yaml", False),
    "without steps": ({"variables": []}, ".woodpecker/a.yaml", False),
    "no mapping": ([1], ".woodpecker.yaml", False),
}


@pytest.mark.parametrize(("data", "path", "expected"), FILES.values(), ids=FILES)
def test_workflows_by_their_file(data: Any, path: str, expected: bool) -> None:
    assert is_workflow(data, path) is expected
    assert len(list(resources(data, path, woodpecker=True))) >= expected
    assert foreign(data, path).startswith("Woodpecker") is expected


def test_a_workflow_is_named_after_its_file() -> None:
    (found,) = resources(STEPS, ".woodpecker/test.yml", woodpecker=True, unit="u", context=True)

    assert (found.label, found.unit, found.context) == ("workflow/test", "u", True)
    assert list(resources(STEPS, ".woodpecker/test.yml")) == []


def test_steps_are_a_list_or_a_mapping() -> None:
    item = {"image": "a"}
    data = {"steps": {"build": item, "x": 5}, "services": [{"name": "db"}, item, "text"]}

    assert [(route, role, name) for route, role, name, _ in steps(data)] == [
        (("services", 0), "service", "db"),
        (("services", 1), "service", ""),
        (("steps", "build"), "step", "build"),
    ]
    assert list(steps({"steps": "text"})) == []
