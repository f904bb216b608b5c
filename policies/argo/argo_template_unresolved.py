"""See argo_template_unresolved.md."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from kguard.facts.argo.templates import Call, Found, calls_of, named_template, target_of
from kguard.facts.argo.workflow import Reference, Workflow, is_absent
from kguard.model import Fault, Unknown
from kguard.policies.argo._near import near
from kguard.policies.argo._unseen import unless_default
from kguard.policy.context import ERROR, NOTE, Context


def check(workflow: Workflow, ctx: Context) -> Iterator[Fault | Unknown]:
    """Yield a fault for every template that is used and does not exist."""
    for key in ("entrypoint", "onExit"):
        name = workflow.get(key)
        if named_template(ctx.facts, workflow, name).found is Found.MISSING:
            options: dict[str, Any] = {"severity": ERROR}
            meant = near(workflow, name, ctx)
            if key == "onExit" and not meant:
                # Exit handlers are what platforms put into their workflowDefaults.
                options = unless_default(workflow, ctx, ERROR, "the workflow ends in Error")
            text = f"`{key}` names template `{name}`: no such one{meant}"
            yield workflow.fault((key,), text, **options)
    if workflow.reference is Reference.UNSEEN:
        name = workflow.get("workflowTemplateRef", "name")
        cluster = workflow.get("workflowTemplateRef", "clusterScope") is True
        if is_absent(ctx.facts, workflow.resource, name, cluster=cluster):
            text = f"`workflowTemplateRef` names `{name}`, which is not among the files"
            yield workflow.fault(("workflowTemplateRef", "name"), text, severity=NOTE)
        else:
            yield ctx.unknown("the WorkflowTemplate of `workflowTemplateRef` was not seen")
    for template in ctx.facts.argo_templates(workflow.resource):
        for call in calls_of(ctx.facts, template):
            yield from _call(call, ctx)


def _call(call: Call, ctx: Context) -> Iterator[Fault | Unknown]:
    found = target_of(ctx.facts, call).found
    reference = call.get("templateRef")
    if not isinstance(reference, Mapping):
        if found is Found.MISSING:
            name = call.get("template")
            meant = near(call.template.workflow, name, ctx)
            text = f"{call.called} calls template `{name}`: no such one here{meant}"
            yield call.fault(("template",), text)
        return
    cluster = reference.get("clusterScope") is True
    kind = "ClusterWorkflowTemplate" if cluster else "WorkflowTemplate"
    name = reference.get("name")
    if found is Found.MISSING:
        text = f"{call.called} calls `{reference.get('template')}`, which {kind} `{name}` has not"
        yield call.fault(("templateRef", "template"), text)
    elif found is Found.OUTSIDE and is_absent(ctx.facts, call.resource, name, cluster=cluster):
        text = f"{call.called} calls {kind} `{name}`, which is not among the files"
        yield call.fault(("templateRef", "name"), text, severity=NOTE)
    elif found is Found.OUTSIDE:
        yield ctx.unknown(f"a {kind} was not seen")
