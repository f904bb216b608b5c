"""See argo_parallelism_not_inherited.md."""

from __future__ import annotations

from collections.abc import Iterator

from kguard.facts import Facts
from kguard.facts.argo.templates import Call, Template, calls_of, target_of
from kguard.facts.argo.workflow import Workflow
from kguard.model import Fault, Related, Resource, Unknown
from kguard.policies.argo._unseen import not_seen, unless_default
from kguard.policy.context import NOTE, Context


def check(template: Template, ctx: Context) -> Iterator[Fault | Unknown]:
    """Yield a fault for a parallelism that does not count what the children start."""
    workflow, limit = template.workflow, template.get("parallelism")
    if type(limit) is not int or limit <= 0 or workflow.library:  # 0 is no limit (HasParallelism).
        return
    if workflow.value("parallelism") is not None:
        return
    for call in calls_of(ctx.facts, template):
        ctx.facts.go_on()
        child = target_of(ctx.facts, call).template
        if child is None:
            continue
        loop = _uncounted(child, workflow, ctx.facts)
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


def _uncounted(child: Template, workflow: Workflow, facts: Facts) -> Call | None:
    """The first wide loop of a child that has no limit of its own.

    Each child is judged once for a workflow: thousands of steps may call the same one.
    """
    judged = facts.remember(_judged, workflow.resource)
    key = id(child.data)
    if key not in judged:
        limited = bool(child.value("parallelism", of=workflow))
        calls = [] if limited else calls_of(facts, child)
        judged[key] = next((each for each in calls if _is_wide(each, workflow, facts)), None)
    return judged[key]


def _judged(facts: Facts, resource: Resource) -> dict[int, Call | None]:
    return {}


def _is_wide(call: Call, workflow: Workflow, facts: Facts) -> bool:
    """Whether it is a loop whose items may have pods side by side."""
    loop = call.loop  # What most calls have not; what they call takes longer to find.
    if loop is None or not (loop.dynamic or (loop.count or 0) > 1):
        return False
    facts.go_on()
    target = target_of(facts, call).template
    if target is None:
        return True
    locked = target.value("synchronization", of=workflow) is not None
    return not locked and (target.runs_pod or bool(calls_of(facts, target)))
