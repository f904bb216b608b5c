"""See argo_parallelism_not_inherited.md."""

from __future__ import annotations

from collections.abc import Iterator

from kguard.facts.argo.templates import Call, Template, calls_of, target_of
from kguard.model import Fault, Related, Unknown
from kguard.policies.argo._unseen import not_seen, unless_default
from kguard.policy.context import NOTE, Context

_NESTED = ("steps", "dag")


def check(template: Template, ctx: Context) -> Iterator[Fault | Unknown]:
    """Yield a fault for a parallelism that does not count what the children start."""
    workflow, limit = template.workflow, template.get("parallelism")
    if type(limit) is not int or template.kind not in _NESTED or workflow.library:
        return
    if workflow.value("parallelism") is not None:
        return
    for call in calls_of(ctx.facts, template):
        child = target_of(ctx.facts, call).template
        if child is None or child.kind not in _NESTED or child.value("parallelism", of=workflow):
            continue
        loop = next(filter(_runs_several, calls_of(ctx.facts, child)), None)
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


def _runs_several(call: Call) -> bool:
    loop = call.loop
    return loop is not None and (loop.dynamic or (loop.count or 0) > 1)
