"""For what Argo refuses a workflow as a whole, apart from its templates.

Source: argo-workflows workflow/validate/validate.go (ValidateWorkflow, ValidateCronWorkflow).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from kguard.facts.argo import deadlines
from kguard.facts.argo.call_rules import arguments, missing_inputs, of_calls, of_exits, of_hook
from kguard.facts.argo.cron import cron_workflow
from kguard.facts.argo.fields import retries
from kguard.facts.argo.hooks import hooks
from kguard.facts.argo.shape import wrong_types
from kguard.facts.argo.template_rules import of_template
from kguard.facts.argo.templates import named_template
from kguard.facts.argo.workflow import Reference, Workflow
from kguard.facts.argo.wrong import (
    POD_GC_STRATEGIES,
    Wrong,
    given,
    items_of,
    named,
    no_number,
    wrong_names,
)
from kguard.facts.quantities import is_placeholder, literal
from kguard.facts.run import Facts
from kguard.model import Related, Scope, named_route
from kguard.quantity.zones import meant_zone
from kguard.words import choices_hint, nearest

_STRATEGIES = {
    "podGC": POD_GC_STRATEGIES,
    # pkg/apis/workflow/v1alpha1/workflow_types.go: VolumeClaimGCStrategy, ArtifactGC.
    "volumeClaimGC": ("OnWorkflowCompletion", "OnWorkflowSuccess"),
    "artifactGC": ("OnWorkflowCompletion", "OnWorkflowDeletion", "Never"),
}
# What becomes of one that the controller itself does not refuse (deletePVCs; the CRD's enum).
_UNKNOWN = {
    "volumeClaimGC": "the volumes of a run stay until its workflow is deleted",
    "artifactGC": "the API server refuses it, or no artifact is deleted",
}


def wrong(facts: Facts, workflow: Workflow) -> Iterator[Wrong]:
    """Everything for which Argo refuses an object that it could read."""
    scope = Scope(workflow.resource, workflow.route, workflow.data)
    whole = Scope(workflow.resource, (), workflow.resource.data)
    yield from _schedule(facts, whole)
    yield from _start(facts, workflow, scope)
    yield from wrong_names(scope, ("templates",), "template")
    # A template that was not seen may give the values.
    here = workflow.resource.kind == "CronWorkflow" and workflow.complete
    yield from arguments(scope, _valued(workflow) if here else None)
    for key, strategies in _STRATEGIES.items():
        strategy = literal(workflow.get(key, "strategy"))
        if strategy and strategy not in strategies:
            text = f"`{strategy}` is no strategy of `{key}`{nearest(strategy, strategies)}"
            yield Wrong(scope, (key, "strategy"), text, _UNKNOWN.get(key, ""))
    yield from _selector(scope)
    yield from deadlines.of_workflow(workflow, scope)
    yield from _retries(facts, workflow)
    for each in wrong_types(facts, workflow.resource):
        # An item of a list has no name without that of the list.
        named = next(n for n, key in enumerate(each.keys[::-1], 1) if isinstance(key, str))
        text = f"`{named_route({}, each.keys[-named:])}` is {each.found}"
        help = f"Argo reads {each.wanted} there{each.quoted and f'; {each.quoted}'}"
        if each.keys[-2:-1] == ("steps",) and each.wanted == "a list":
            help = f"{help}: the steps that start together, as in `- - name: a`"
        yield Wrong(each, each.keys, text, help)
    for hook in hooks(facts, workflow):
        yield from of_hook(facts, hook)
    for template in facts.argo_templates(workflow.resource):
        yield from of_template(facts, template)
        yield from of_calls(facts, template)


# Argo reads both with strconv.Atoi (util/intstr, operator.go processNodeRetries).
_RETRY_NUMBERS = (("limit",), ("backoff", "factor"))


def _retries(facts: Facts, workflow: Workflow) -> Iterator[Wrong]:
    for retry in retries(facts, workflow):
        for keys in _RETRY_NUMBERS:
            if text := no_number(retry.get("retryStrategy", *keys)):
                message = f"`{keys[-1]}` of {retry.called} is `{text}`, no whole number"
                help = "the node ends in Error instead of a retry"
                yield Wrong(retry, ("retryStrategy", *keys), message, help)


_POLICIES = ("Allow", "Forbid", "Replace")
_ZONE = re.compile(r"(?:[A-Za-z0-9+_-]+(?:/|$))+")


def _schedule(facts: Facts, whole: Scope) -> Iterator[Wrong]:
    cron = cron_workflow(facts, whole.resource)
    if cron is None:
        return
    if given(cron.get("schedule")) and cron.get("schedules"):
        yield Wrong(
            cron,
            ("schedules",),
            "`schedules` beside `schedule`",
            "write `schedules` only",
            at_key=True,
        )
    if not given(cron.get("schedule")) and not cron.get("schedules"):
        yield Wrong(cron, ("schedules",), f"{cron.called} has no `schedules`")
    several = cron.get("schedules")
    for number, text in enumerate(several if isinstance(several, list) else ()):
        if text == "":
            yield Wrong(cron, ("schedules", number), "an empty schedule")
    for when in cron.schedules:
        if when.parsed is None and not is_placeholder(when.text):
            help = "five fields, `@daily` and `@every 5m` are schedules"
            yield Wrong(cron, when.keys, f"`{when.text}` is no schedule", help)
    policy = literal(cron.get("concurrencyPolicy"))
    if policy and policy not in _POLICIES:
        text = f"`{policy}` is no concurrencyPolicy{choices_hint(policy, _POLICIES)}"
        yield Wrong(cron, ("concurrencyPolicy",), text)
    seconds = cron.get("startingDeadlineSeconds")
    if isinstance(seconds, int) and seconds < 0:
        text = f"`startingDeadlineSeconds` is {seconds}"
        yield Wrong(cron, ("startingDeadlineSeconds",), text, "it is a time that has passed")
    zone = literal(cron.get("timezone"))
    if zone and not _ZONE.fullmatch(zone):
        text = f"`{zone}` is no name of a time zone"
        yield Wrong(cron, ("timezone",), text, "`Europe/Berlin` and `Etc/UTC` are names")
    elif zone and (meant := meant_zone(zone)):
        text = f"there is no time zone `{zone}`"
        yield Wrong(cron, ("timezone",), text, f"did you mean `{meant}`?")


_OPERATORS = ("In", "NotIn", "Exists", "DoesNotExist")


def _selector(scope: Scope) -> Iterator[Wrong]:
    for keys, item in items_of(scope, "podGC", "labelSelector", "matchExpressions"):
        operator, values = item.get("operator"), item.get("values")
        if is_placeholder(operator):
            continue
        if operator not in _OPERATORS:
            text = f"`{operator}` is no operator of a selector{choices_hint(operator, _OPERATORS)}"
            yield Wrong(scope, (*keys, "operator"), text)
        elif bool(values) != (operator in _OPERATORS[:2]):
            text = f"`{operator}` has {'values' if values else 'no values'}"
            yield Wrong(scope, (*keys, "values"), text)


def _start(facts: Facts, workflow: Workflow, scope: Scope) -> Iterator[Wrong]:
    referring = workflow.reference is not Reference.NONE
    if referring and isinstance(templates := workflow.get("templates"), list) and templates:
        text = "`templates` beside `workflowTemplateRef`"
        yield Wrong(scope, ("templates",), text, "Argo takes one or the other", at_key=True)
    reference = workflow.get("workflowTemplateRef")
    if isinstance(reference, Mapping) and not given(reference.get("name")):
        yield Wrong(scope, ("workflowTemplateRef", "name"), "`workflowTemplateRef` has no `name`")
    runs = workflow.resource.kind in ("Workflow", "CronWorkflow")
    entrypoint = workflow.value("entrypoint")
    if runs and workflow.complete and entrypoint is None and not workflow.resource.embedded:
        yield Wrong(scope, ("entrypoint",), "no `entrypoint`", unless_default=True)
    if not runs or not workflow.complete:
        return
    yield from _left_open(workflow, scope)
    written = [*_arguments(workflow, "parameters"), *_arguments(workflow, "artifacts")]
    for key in ("entrypoint", "onExit"):
        target = named_template(facts, workflow, workflow.value(key)).template
        if target is None:
            continue
        called = f"the {key} `{target.name}`"
        at = (key,) if given(workflow.get(key)) else ()
        yield from missing_inputs(facts, scope, at, called, target, written, submitted=True)
    if not workflow.resource.embedded:
        yield from of_exits(facts, workflow, written)


def _arguments(workflow: Workflow, kind: str) -> list[Mapping[str, Any]]:
    """The `parameters` or `artifacts` that any layer writes."""
    layers = [Scope(layer.resource, (), layer.data) for layer in workflow.layers]
    return [item for layer in layers for _, item in items_of(layer, "arguments", kind)]


def _valued(workflow: Workflow) -> set[str]:
    """The names of the arguments that have a value in any layer, or may come to be such a name."""
    return {
        str(item.get("name"))
        for item in _arguments(workflow, "parameters")
        if item.get("value") is not None
        or item.get("valueFrom") is not None
        or (workflow.template is not None and is_placeholder(item.get("name")))
    }


def _left_open(workflow: Workflow, scope: Scope) -> Iterator[Wrong]:
    """Arguments that the template declares without a value and the workflow does not write."""
    template = workflow.template
    own = {str(name) for name in named(scope, "arguments", "parameters")}
    if template is None or any(map(is_placeholder, own)):
        return
    known = own | _valued(workflow)
    declared = Scope(template.resource, template.route, template.data)
    for keys, item in items_of(declared, "arguments", "parameters"):
        name = literal(item.get("name"))
        if name is None or name in known:
            continue
        kind, called = template.resource.kind, template.resource.name
        text = f"no value for argument `{name}`, which {kind} `{called}` leaves open"
        there = Related(template.resource, declared.at(*keys), "declared here")
        at, submitted = ("arguments", "parameters"), workflow.resource.kind == "Workflow"
        yield Wrong(scope, at, text, related=(there,), submitted=submitted)
