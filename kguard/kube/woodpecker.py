"""Where things are in Woodpecker's workflows, whose steps run as pods with its Kubernetes backend.

Sources: https://woodpecker-ci.org/docs/usage/workflows (the files), woodpecker-ci/woodpecker
pipeline/frontend/yaml/types/container.go (ContainerList: steps are a list or a mapping).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from kguard.model import Origin, Resource, Route, dig

GROUP = "woodpecker-ci.org"
"""The group under which workflows stand in the index; they have no apiVersion and no kind."""

WORKFLOW = (GROUP, "workflow")

WORKFLOWS = ".woodpecker"
"""The folder with the workflows of a repository that has several."""

_FILES = (f"{WORKFLOWS}.yaml", f"{WORKFLOWS}.yml")


def is_workflow(data: Any, path: str) -> bool:
    """Whether a document is a workflow, by the name of its file."""
    if WORKFLOWS not in path or not isinstance(data, Mapping) or "steps" not in data:
        return False
    folders, _, name = path.replace("\\", "/").rpartition("/")
    inside = WORKFLOWS in folders.split("/")
    return "apiVersion" not in data and (name in _FILES or inside)


def as_workflow(data: Mapping[str, Any], origin: Origin, *, unit: str, context: bool) -> Resource:
    """The resource of a workflow, named after its file."""
    name = origin.path.replace("\\", "/").rpartition("/")[2].rpartition(".")[0]
    group, kind = WORKFLOW
    return Resource(data, origin, group, "", kind, name=name, unit=unit, context=context)


def steps(workflow: Mapping[str, Any]) -> Iterator[tuple[Route, str, str, Mapping[str, Any]]]:
    """Services and steps, each with its route, what messages call it, and its name."""
    for section, role in (("services", "service"), ("steps", "step")):
        items = dig(workflow, section)
        if isinstance(items, Mapping):
            named = [(key, str(key), item) for key, item in items.items()]
        else:
            listed = items if isinstance(items, list) else []
            named = [(number, "", item) for number, item in enumerate(listed)]
        for key, name, item in named:
            if isinstance(item, Mapping):
                own = item.get("name")
                yield (section, key), role, own if isinstance(own, str) and own else name, item
