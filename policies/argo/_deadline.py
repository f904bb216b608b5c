"""What the policies on workflows that never end share."""

from __future__ import annotations

from kguard.facts.argo.templates import reach
from kguard.facts.argo.workflow import Workflow
from kguard.facts.run import Facts
from kguard.model import Resource
from kguard.policy.context import Context


def every_leaf_has(workflow: Workflow, ctx: Context, *keys: str) -> bool:
    """Whether each template that can run has one of these: only `timeout` counts time pending."""
    return _has_each(ctx.facts, workflow, keys)


def ends(workflow: Workflow, ctx: Context) -> bool:
    """Whether something ends a run of the workflow that hangs, as far as that was seen."""
    deadline = workflow.value("activeDeadlineSeconds") is not None
    return deadline or ctx.facts.remember(_times_out, workflow.resource)


def _times_out(facts: Facts, resource: Resource) -> bool:
    """Whether each template has a `timeout`; a thousand locks of one workflow ask for it."""
    workflow = facts.argo_workflow(resource)
    return workflow is not None and _has_each(facts, workflow, ("timeout",))


def _has_each(facts: Facts, workflow: Workflow, keys: tuple[str, ...]) -> bool:
    found = reach(facts, workflow)
    leaves = [each for each in found.templates if each.kind not in ("steps", "dag")]
    return found.whole and all(
        any(each.value(key, of=workflow) is not None for key in keys) for each in leaves
    )
