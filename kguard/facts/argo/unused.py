"""Templates that nothing runs and parameters that nothing reads.

Sources: argo-workflows workflow/controller/operator.go (the entrypoint gets the arguments of the
workflow), steps.go and dag.go (so do exit handlers without their own), docs/variables.md.
"""

from __future__ import annotations

from collections.abc import Iterator

from kguard.facts.argo.hooks import bare_exits, hooks
from kguard.facts.argo.names import names_of
from kguard.facts.argo.references import Reference, by_template, references
from kguard.facts.argo.templates import Target, Template, calls_of, named_template, target_of
from kguard.facts.argo.workflow import Workflow
from kguard.facts.argo.wrong import items_of
from kguard.facts.quantities import is_placeholder, literal
from kguard.facts.run import Facts
from kguard.model import Route, Scope, dig
from kguard.record import record


@record(eq=False)
class UnusedParameter(Scope):
    """A parameter that nothing reads: `data` is its entry, `of` says whose it is."""

    name: str
    of: str


def unused_templates(facts: Facts, workflow: Workflow) -> list[Template]:
    """The templates of an object that it never comes to; none where some calls are unknown."""
    own = [each for each in facts.argo_templates(workflow.resource) if each.name]
    starts = [named_template(facts, workflow, workflow.value("entrypoint"))]
    for name in (workflow.value("onExit"), *_exit_handlers(facts, workflow)):
        starts += [named_template(facts, workflow, name)] if name else []
    starts += [hook.target(facts) for hook in hooks(facts, workflow)]
    if any(_hides_a_name(target) for target in starts):
        return []
    used: set[int] = set()
    pending = [target.template for target in starts if target.template is not None]
    while pending:
        template = pending.pop()
        if id(template.data) in used:
            continue
        used.add(id(template.data))
        for call in calls_of(facts, template):
            target = target_of(facts, call)
            if is_placeholder(call.get("template")) or is_placeholder(dig(call.data, "inline")):
                return []
            if target.template is not None:
                pending.append(target.template)
    return [each for each in own if id(each.data) not in used and each.route[-1] != "inline"]


def _hides_a_name(target: Target) -> bool:
    return target.template is None


def _exit_handlers(facts: Facts, workflow: Workflow) -> Iterator[object]:
    for template in facts.argo_templates(workflow.resource):
        for call in calls_of(facts, template):
            yield call.get("onExit")


def unused_parameters(facts: Facts, workflow: Workflow) -> Iterator[UnusedParameter]:
    """The inputs and arguments of an object that nothing reads."""
    if workflow.resource.embedded:
        return  # The template in whose manifest it stands fills in its tags.
    templates = {each.route: each for each in facts.argo_templates(workflow.resource)}
    inside: dict[Route, list[Reference]] = {route: [] for route in templates}
    for route, found in by_template(facts, workflow.resource).items():
        for size in range(len(route) + 1):  # An inline template is filled in with what it is in.
            if route[:size] in inside:
                inside[route[:size]] += found
    for route, template in templates.items():
        # People answer a suspended node; plugins get all inputs.
        if template.kind not in ("suspend", "plugin", ""):
            yield from _unread(template, "inputs", inside[route], f"input of {template.called}")
    if not workflow.library:
        yield from _arguments(facts, workflow)


def _unread(scope: Scope, root: str, read: list[Reference], of: str) -> Iterator[UnusedParameter]:
    start = "inputs" if root == "inputs" else "workflow"
    tags = [name for each in read for name in each.tag.names]
    names = {name[2] for name in tags if name[:2] == (start, "parameters") and name[2:]}
    if any(each.reads(start, "parameters", "") for each in read):
        return  # All of them at once.
    for route, item in items_of(scope, root, "parameters"):
        name = literal(item.get("name"))
        if name and name not in names:
            yield UnusedParameter(scope.resource, scope.at(*route), item, name, of)


def _arguments(facts: Facts, workflow: Workflow) -> Iterator[UnusedParameter]:
    read = list(references(facts, workflow))
    handed: set[str] = set()
    for key in ("entrypoint", "onExit"):
        if workflow.value(key) is None:
            continue
        target = named_template(facts, workflow, workflow.value(key)).template
        if target is None:
            return
        handed.update(names_of(target.value("inputs", "parameters")))
    if not workflow.complete:
        return
    writers = [workflow]
    if workflow.template is not None:
        read += references(facts, workflow.template)
        writers.append(workflow.template)
    here = {id(writer.resource) for writer in writers}
    others: dict[int, Workflow] = {}  # Thousands of steps may call the templates of one.
    for template in (t for each in writers for t in facts.argo_templates(each.resource)):
        for call in calls_of(facts, template):
            target = target_of(facts, call).template
            if target is None:
                return
            if id(target.resource) not in here:
                others[id(target.resource)] = target.workflow
    for other in others.values():
        read += references(facts, other)
        if any(_leaves(facts, each) for each in facts.argo_templates(other.resource)):
            return
    for writer in (*writers, *others.values()):
        taken = _taken_by_exits(facts, writer)
        if taken is None:
            return
        handed |= taken
    scope = Scope(workflow.resource, workflow.route, workflow.data)
    for unused in _unread(scope, "arguments", read, "argument"):
        if unused.name not in handed:
            yield unused


def _taken_by_exits(facts: Facts, writer: Workflow) -> set[str] | None:
    """The inputs of exit handlers that get the arguments of the run; None where one is unseen."""
    handlers: dict[int, Template] = {}  # Thousands of steps may have the same one.
    for each in bare_exits(facts, writer):
        if each.target.template is None:
            return None
        handlers[id(each.target.template.data)] = each.target.template
    inputs = [each.value("inputs", "parameters") for each in handlers.values()]
    return {name for items in inputs for name in names_of(items)}


def _leaves(facts: Facts, template: Template) -> bool:
    """Whether a template of another object calls templates of a third."""
    return any(call.get("templateRef") is not None for call in calls_of(facts, template))
