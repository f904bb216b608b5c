"""The nodes of a run by their type, as status.nodes has them.

Source: argo-workflows pkg/apis/workflow/v1alpha1 (NodeType); steps.go, dag.go and
container_set_template.go for which of them a template makes.
"""

from __future__ import annotations

from collections import Counter as Tally
from collections.abc import Mapping

from kguard.facts.argo.templates import Template, calls_of
from kguard.facts.forecast.nodes import Counter
from kguard.facts.forecast.runs import runs_through

_NAMES = {
    "steps": "Steps",
    "dag": "DAG",
    "suspend": "Suspend",
    "http": "HTTP",
    "plugin": "Plugin",
}


def nodes_by_kind(counter: Counter) -> Mapping[str, int]:
    """How many nodes there are of each type."""
    runs = runs_through(counter)
    found: Tally[str] = Tally()
    for template in runs.templates:
        bodies = runs.bodies(template)
        if template.retry(counter.workflow) is not None:
            found["Retry"] += runs.calls(template)
        found[_type(template)] += bodies
        found += _inside(counter, template, bodies)
    for template, number in runs.recursions:
        found[_type(template)] += number
    found["Pod"] += runs.unseen
    return {name: number for name, number in sorted(found.items()) if number}


def _type(template: Template) -> str:
    return "Pod" if template.runs_pod else _NAMES.get(template.kind, "Other")


def _inside(counter: Counter, template: Template, bodies: int) -> Tally[str]:
    """The nodes that a template makes beside its own and those of what it calls."""
    found: Tally[str] = Tally()
    if template.kind == "steps":
        groups = template.get("steps")
        found["StepGroup"] += bodies * (len(groups) if isinstance(groups, list) else 0)
    if template.kind == "dag":
        tasks = (call for call in calls_of(counter.facts, template) if call.task)
        found["TaskGroup"] += bodies * sum(1 for call in tasks if call.loop)
    if template.kind == "containerSet":
        members = template.get("containerSet", "containers")
        found["Container"] += bodies * (len(members) if isinstance(members, list) else 0)
    return found
