"""See argo_hook_template_unresolved.md."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from kguard.facts.argo.hooks import hooks
from kguard.facts.argo.templates import Found, calls_of, named_template
from kguard.facts.argo.workflow import Workflow, is_absent
from kguard.model import Fault, Scope, Unknown
from kguard.policies.argo._near import near
from kguard.policy.context import NOTE, Context


def check(workflow: Workflow, ctx: Context) -> Iterator[Fault | Unknown]:
    """Yield a fault for each hook and exit handler of a step that names no template."""
    for hook in hooks(ctx.facts, workflow):
        found, reference = hook.target(ctx.facts).found, hook.get("templateRef")
        outside = isinstance(reference, Mapping)
        name = hook.get(*(("templateRef", "template") if outside else ("template",)))
        if found is Found.MISSING:
            keys = ("templateRef", "template") if outside else ("template",)
            where = (
                f"which `{hook.get('templateRef', 'name')}` has not"
                if outside
                else f"no such one{near(workflow, name, ctx)}"
            )
            yield hook.fault(keys, f"{hook.called} runs template `{name}`: {where}")
        elif found is Found.OUTSIDE and outside and _is_absent(hook, ctx):
            named = hook.get("templateRef", "name")
            text = f"{hook.called} runs a template of `{named}`, which is not among the files"
            yield hook.fault(("templateRef", "name"), text, severity=NOTE)
        elif found is Found.OUTSIDE:
            yield ctx.unknown("a WorkflowTemplate was not seen")
    for template in ctx.facts.argo_templates(workflow.resource):
        for call in calls_of(ctx.facts, template):
            name = call.get("onExit")
            if named_template(ctx.facts, workflow, name).found is Found.MISSING:
                meant = near(workflow, name, ctx)
                text = f"`onExit` of {call.called} names template `{name}`: no such one{meant}"
                yield call.fault(("onExit",), text)


def _is_absent(hook: Scope, ctx: Context) -> bool:
    reference = hook.get("templateRef")
    cluster = reference.get("clusterScope") is True
    return is_absent(ctx.facts, hook.resource, reference.get("name"), cluster=cluster)
