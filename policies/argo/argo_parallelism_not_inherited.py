"""See argo_parallelism_not_inherited.md."""

from __future__ import annotations

from collections.abc import Iterator

from kguard.facts.argo.templates import Call, Template, calls_of, target_of
from kguard.facts.argo.workflow import Workflow
from kguard.model import Fault, Related, Unknown
from kguard.policies.argo._unseen import not_seen, unless_default
from kguard.policy.context import NOTE, Context


def check(template: Template, ctx: Context) -> Iterator[Fault | Unknown]:
    """Yield a fault for a parallelism that does not count what the children start."""
    workflow, limit = template.workflow, template.get("parallelism")
    if type(limit) is not int or workflow.library:
        return
    if workflow.value("parallelism") is not None:
        return
    for call in calls_of(ctx.facts, template):
        child = target_of(ctx.facts, call).template
        if child is None or child.value("parallelism", of=workflow):
            continue
        loops = (each for each in calls_of(ctx.facts, child) if _is_wide(each, workflow, ctx))
        loop = next(loops, None)
        if loop is None:
            continue
        if not workflow.complete:
            yield ctx.unknown(not_seen(workflow))
            return
        related = Related(loop.resource, loop.route, "its pods are not counted")
        help = f"it counts {child.called} as one; `parallelism` of the workflow counts all pods"
        yield template.fault(
            ("parallelism",),
            f"`parallelism: {limit}` does not limit the pods of the loop in {child.called}",
            related=[related],
            **unless_default(workflow, ctx, NOTE, help),
        )
        return


def _is_wide(call: Call, workflow: Workflow, ctx: Context) -> bool:
    """Whether it is a loop whose items may have pods side by side."""
    loop, target = call.loop, target_of(ctx.facts, call).template
    if loop is None or not (loop.dynamic or (loop.count or 0) > 1):
        return False
    if target is None:
        return True
    locked = target.value("synchronization", of=workflow) is not None
    return not locked and (target.runs_pod or bool(calls_of(ctx.facts, target)))
