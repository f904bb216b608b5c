"""Templates that come back to themselves whatever happens on the way.

Sources: argo-workflows workflow/controller/operator.go (executeTemplate, ErrMaxDepthExceeded),
workflow/controller/controller.go (maxAllowedStackDepth) and docs/enhanced-depends-logic.md.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator

from kguard.facts.argo.dag import Dag, dags
from kguard.facts.argo.templates import Call, Template, calls_of, target_of
from kguard.facts.argo.workflow import Workflow
from kguard.facts.run import Facts
from kguard.model import Resource
from kguard.record import record

# Results of a task that say that all went well; any other one, and a `!`, makes a condition.
_CONDITION = re.compile(r"!|\.(?!Succeeded\b|Daemoned\b)[A-Z]")


@record
class Recursion:
    """A circle of templates without a condition: `closing` is the call that leads back.

    `closing` is a call that the object writes itself; `templates` are those of the circle in
    calling order, the one it leads back to first.
    """

    closing: Call
    templates: tuple[Template, ...]


def recursions(facts: Facts, workflow: Workflow) -> Iterator[Recursion]:
    """The circles among the templates of an object, each once."""
    done: set[int] = set()
    for start in facts.argo_templates(workflow.resource):
        if id(start.data) in done:
            continue
        path = [start]
        pending = [_edges(facts, start)]
        calls: list[Call] = []
        while pending:
            edge = next(pending[-1], None)
            if edge is None:
                pending.pop()
                done.add(id(path.pop().data))
                if calls:
                    calls.pop()
                continue
            call, target = edge
            circle = [n for n, each in enumerate(path) if each.data is target.data]
            if circle:
                inside = [*calls[circle[0] :], call]
                own = [each for each in inside if each.resource is workflow.resource]
                if own:
                    yield Recursion(own[-1], tuple(path[circle[0] :]))
            elif id(target.data) not in done:
                facts.go_on()
                path.append(target)
                calls.append(call)
                pending.append(_edges(facts, target))


def _edges(facts: Facts, template: Template) -> Iterator[tuple[Call, Template]]:
    """The calls of a template that are always made, each with what it runs, pods left out."""
    for call in calls_of(facts, template):
        target = target_of(facts, call).template
        if target is None or target.kind not in ("steps", "dag"):
            continue
        if call.task:
            optional = facts.remember(_optional_tasks, call.resource).get(id(template.data))
            conditional = optional is None or call.name in optional
        else:
            conditional = _may_be_left_out(call)
        if not conditional:
            yield call, target


def _optional_tasks(facts: Facts, resource: Resource) -> dict[int, frozenset[str]]:
    """The tasks of each DAG that may be left out, for themselves or for one that they wait for."""
    return {id(dag.template.data): _optional(dag) for dag in dags(facts, resource)}


def _optional(dag: Dag) -> frozenset[str]:
    waiting: dict[str, list[str]] = defaultdict(list)
    pending: list[str] = []
    for task in dag.tasks:
        for each in task.dependencies:
            waiting[each.name].append(task.name)
        unknown = any(each.name not in dag.by_name for each in task.dependencies)
        if unknown or _may_be_left_out(task.call):
            pending.append(task.name)
    found: set[str] = set()
    while pending:
        name = pending.pop()
        if name not in found:
            found.add(name)
            pending += waiting[name]
    return frozenset(found)


def _may_be_left_out(call: Call) -> bool:
    if call.get("when") is not None:
        return True
    depends = call.get("depends")
    if isinstance(depends, str) and _CONDITION.search(depends):
        return True
    loop = call.loop
    return loop is not None and not loop.count
