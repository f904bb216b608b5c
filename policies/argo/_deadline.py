"""What the policies on workflows that never end share."""

from __future__ import annotations

from kguard.facts.argo.templates import reach
from kguard.facts.argo.workflow import Workflow
from kguard.policy.context import Context


def every_leaf_has(workflow: Workflow, ctx: Context, *keys: str) -> bool:
    """Whether each template that can run has one of these: only `timeout` counts time pending."""
    found = reach(ctx.facts, workflow)
    leaves = [each for each in found.templates if each.kind not in ("steps", "dag")]
    return found.whole and all(
        any(each.value(key, of=workflow) is not None for key in keys) for each in leaves
    )


def ends(workflow: Workflow, ctx: Context) -> bool:
    """Whether something ends a run of the workflow that hangs, as far as that was seen."""
    deadline = workflow.value("activeDeadlineSeconds") is not None
    return deadline or every_leaf_has(workflow, ctx, "timeout")
