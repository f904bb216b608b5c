"""Lifecycle hooks and exit handlers of Argo workflows, steps and tasks.

Sources: argo-workflows pkg/apis/workflow/v1alpha1/workflow_types.go (LifecycleHook, LifecycleEvent,
WorkflowSpec.GetExitHook, WorkflowStep.GetExitHook), workflow/controller/hooks.go and
exit_handler.go.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from kguard.facts.argo.templates import (
    Call,
    Target,
    Template,
    calls_of,
    referenced_template,
    target_of,
)
from kguard.facts.argo.workflow import Workflow
from kguard.facts.run import Facts
from kguard.model import Route, Scope
from kguard.record import record

EXIT = "exit"
"""The hook that runs when its step is done: an exit handler."""


@record(eq=False)
class Hook(Scope):
    """One entry of `hooks`; `data` is its mapping and `of` says whose it is."""

    name: str
    of: str
    workflow: Workflow

    @property
    def called(self) -> str:
        """How messages name it."""
        return f"hook `{self.name}` of {self.of}"

    @property
    def is_exit(self) -> bool:
        """Whether it runs at the end, whatever its expression."""
        return self.name == EXIT

    def target(self, facts: Facts) -> Target:
        """The template it runs."""
        return referenced_template(facts, self.workflow, self.data)


def hooks(facts: Facts, workflow: Workflow) -> Iterator[Hook]:
    """Every hook that an object writes itself: of the workflow, of steps and of tasks."""
    own = Scope(workflow.resource, workflow.route, workflow.data)
    yield from _hooks(own, "the workflow", workflow)
    for template in facts.argo_templates(workflow.resource):
        for call in calls_of(facts, template):
            yield from _hooks(call, call.called, workflow)


def _hooks(scope: Scope, of: str, workflow: Workflow) -> Iterator[Hook]:
    written = scope.get("hooks")
    for name, data in written.items() if isinstance(written, Mapping) else ():
        if isinstance(name, str) and isinstance(data, Mapping):
            route = scope.at("hooks", name)
            yield Hook(scope.resource, route, data, name=name, of=of, workflow=workflow)


@record
class BareExit:
    """An exit handler without arguments of its own: `keys` of `scope` name it.

    It gets the arguments of the workflow, also where it is that of a step or task (steps.go and
    dag.go: GetExitHook).
    """

    scope: Scope
    keys: Route
    called: str
    target: Target


def bare_exits(facts: Facts, workflow: Workflow) -> Iterator[BareExit]:
    """The exit handlers without arguments that an object writes, but for its own `onExit`.

    Where there is `onExit`, the controller does not look at `hooks.exit`.
    """
    if workflow.value("onExit") is None:
        own = Scope(workflow.resource, workflow.route, workflow.data)
        yield from _bare(facts, own, "the workflow", workflow)
    for template in facts.argo_templates(workflow.resource):
        for call in calls_of(facts, template):
            if name := call.get("onExit"):
                target = referenced_template(facts, workflow, {"template": name})
                yield BareExit(call, ("onExit",), f"`onExit` of {call.called}", target)
            else:
                yield from _bare(facts, call, call.called, workflow)


def _bare(facts: Facts, scope: Scope, of: str, workflow: Workflow) -> Iterator[BareExit]:
    for hook in _hooks(scope, of, workflow):
        given = hook.get("arguments", "parameters") or hook.get("arguments", "artifacts")
        if hook.is_exit and not given:
            yield BareExit(hook, ("arguments",), hook.called, hook.target(facts))


def run_handlers(facts: Facts, workflow: Workflow) -> dict[str, Template]:
    """The templates that the hooks of a workflow run, by hook; its exit handler is `exit`."""
    return _handlers(facts, workflow, workflow.value("onExit"), workflow.value("hooks"))


def call_handlers(facts: Facts, call: Call) -> dict[str, Template]:
    """The templates that the hooks of a step or task run, by hook; its exit handler is `exit`."""
    return _handlers(facts, call.template.workflow, call.get("onExit"), call.get("hooks"))


def templates_below(facts: Facts, template: Template) -> Iterator[Template]:
    """What runs below a template: steps and tasks, and their exit handlers and hooks."""
    for call in calls_of(facts, template):
        if (target := target_of(facts, call).template) is not None:
            yield target
        yield from call_handlers(facts, call).values()


def _handlers(facts: Facts, workflow: Workflow, on_exit: Any, hooks: Any) -> dict[str, Template]:
    named = dict(hooks) if isinstance(hooks, Mapping) else {}
    if on_exit:  # The controller looks at `hooks.exit` only where there is none.
        named[EXIT] = {"template": on_exit}
    targets = {
        name: referenced_template(facts, workflow, hook).template
        for name, hook in named.items()
        if isinstance(hook, Mapping)
    }
    return {name: template for name, template in targets.items() if template is not None}
