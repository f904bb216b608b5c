"""For what Argo refuses a workflow as a whole, apart from its templates.

Source: argo-workflows workflow/validate/validate.go (ValidateWorkflow, ValidateCronWorkflow).
"""

from __future__ import annotations

from collections.abc import Iterator

from kguard.facts.argo import Reference, Workflow
from kguard.facts.argo_call_rules import arguments, missing_inputs, of_calls
from kguard.facts.argo_template_rules import of_template
from kguard.facts.argo_templates import named_template
from kguard.facts.argo_wrong import Wrong, given, items_of, literal, wrong_names
from kguard.facts.run import Facts
from kguard.model import Scope
from kguard.words import nearest

_STRATEGIES = (
    "OnPodCompletion",
    "OnPodSuccess",
    "OnWorkflowCompletion",
    "OnWorkflowSuccess",
)
_MOST_CHARACTERS = {"CronWorkflow": 52}
_NAME_CHARACTERS = 63


def wrong(facts: Facts, workflow: Workflow) -> Iterator[Wrong]:
    """Everything for which Argo refuses an object that it could read."""
    scope = Scope(workflow.resource, workflow.route, workflow.data)
    whole = Scope(workflow.resource, (), workflow.resource.data)
    yield from _object_name(whole)
    yield from _start(facts, workflow, scope)
    yield from wrong_names(scope, ("templates",), "template")
    yield from arguments(scope, values=workflow.resource.kind == "CronWorkflow")
    strategy = literal(workflow.get("podGC", "strategy"))
    if strategy and strategy not in _STRATEGIES:
        text = f"`{strategy}` is no strategy of `podGC`{nearest(strategy, _STRATEGIES)}"
        yield Wrong(scope, ("podGC", "strategy"), text)
    for template in facts.argo_templates(workflow.resource):
        yield from of_template(template)
        yield from of_calls(facts, template)


def _object_name(whole: Scope) -> Iterator[Wrong]:
    name = literal(whole.resource.name)
    most = _MOST_CHARACTERS.get(whole.resource.kind, _NAME_CHARACTERS)
    if name and len(name) > most:
        kind = whole.resource.kind
        text = f"the name has {len(name)} characters: a {kind}'s has {most} at most"
        yield Wrong(whole, ("metadata", "name"), text)


def _start(facts: Facts, workflow: Workflow, scope: Scope) -> Iterator[Wrong]:
    referring = workflow.reference is not Reference.NONE
    if referring and isinstance(templates := workflow.get("templates"), list) and templates:
        text = "`templates` beside `workflowTemplateRef`"
        yield Wrong(scope, ("templates",), text, "Argo takes one or the other")
    runs = workflow.resource.kind in ("Workflow", "CronWorkflow")
    entrypoint = workflow.value("entrypoint")
    if runs and workflow.complete and entrypoint is None and not workflow.resource.embedded:
        yield Wrong(scope, ("entrypoint",), "no `entrypoint`", unless_default=True)
    if not runs or not workflow.complete:
        return
    for key in ("entrypoint", "onExit"):
        target = named_template(facts, workflow, workflow.value(key)).template
        if target is None:
            continue
        written = [
            item
            for layer in workflow.layers
            for kind in ("parameters", "artifacts")
            for _, item in items_of(Scope(workflow.resource, (), layer.data), "arguments", kind)
        ]
        called = f"the {key} `{target.name}`"
        at = (key,) if given(workflow.get(key)) else ()
        yield from missing_inputs(scope, at, called, target, written, submitted=True)
