"""Where things are in Argo Workflows objects: the workflow spec, its templates, their containers.

Source: argoproj/argo-workflows pkg/apis/workflow/v1alpha1/workflow_types.go.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from kguard.model import Resource, Route, dig

GROUP = "argoproj.io"

# Kind → route to the WorkflowSpec.
SPECS: Mapping[str, Route] = {
    "Workflow": ("spec",),
    "WorkflowTemplate": ("spec",),
    "ClusterWorkflowTemplate": ("spec",),
    "CronWorkflow": ("spec", "workflowSpec"),
}

KINDS = frozenset((GROUP, kind) for kind in SPECS)

SENSOR = (GROUP, "Sensor")
"""Argo Events' kind whose triggers make objects."""


def spec_route(resource: Resource) -> Route | None:
    """The route to the workflow spec; None for what is no Argo workflow object or has none."""
    if resource.group != GROUP:
        return None
    route = SPECS.get(resource.kind)
    if route is None or not isinstance(dig(resource.data, *route), dict):
        return None
    return route


def templates(resource: Resource) -> Iterator[tuple[Route, Mapping[str, Any]]]:
    """Every template with its route: those of `templates`, and inline ones in steps and tasks."""
    route = spec_route(resource)
    if route is None:
        return
    items = dig(resource.data, *route, "templates")
    for number, item in enumerate(items if isinstance(items, list) else ()):
        if isinstance(item, dict):
            yield from _with_inline((*route, "templates", number), item)


def _with_inline(
    route: Route, template: Mapping[str, Any]
) -> Iterator[tuple[Route, Mapping[str, Any]]]:
    yield route, template
    for keys, call in calls(template):
        inline = call.get("inline")
        if isinstance(inline, dict):
            yield from _with_inline((*route, *keys, "inline"), inline)


def calls(template: Mapping[str, Any]) -> Iterator[tuple[Route, Mapping[str, Any]]]:
    """The steps and DAG tasks of a template, each with its route below the template.

    `steps` is a list of groups, each a list of steps; a group written as a mapping
    (`- steps: [...]`) is what the API server stores, and is read too.
    """
    groups = template.get("steps")
    for number, group in enumerate(groups if isinstance(groups, list) else ()):
        prefix: Route = ("steps", number)
        if isinstance(group, dict) and isinstance(group.get("steps"), list):
            prefix, group = (*prefix, "steps"), group["steps"]
        for place, step in enumerate(group if isinstance(group, list) else ()):
            if isinstance(step, dict):
                yield (*prefix, place), step
    tasks = dig(template, "dag", "tasks")
    for number, task in enumerate(tasks if isinstance(tasks, list) else ()):
        if isinstance(task, dict):
            yield ("dag", "tasks", number), task


# Role words are those of kguard.facts.pods.Role; "main" is the container that does the work.
def containers(template: Mapping[str, Any]) -> Iterator[tuple[Route, str, Mapping[str, Any]]]:
    """The containers a template makes, each with its route below the template and its role.

    Roles: `main` (container, script, members of a containerSet), `sidecar`, `init`.
    """
    for key in ("container", "script"):
        if isinstance(template.get(key), dict):
            yield (key,), "main", template[key]
    for keys, role in (
        (("containerSet", "containers"), "main"),
        (("sidecars",), "sidecar"),
        (("initContainers",), "init"),
    ):
        items = dig(template, *keys)
        for number, item in enumerate(items if isinstance(items, list) else ()):
            if isinstance(item, dict):
                yield (*keys, number), role, item
