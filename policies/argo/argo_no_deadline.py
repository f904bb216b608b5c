"""See argo_no_deadline.md."""

from __future__ import annotations

from collections.abc import Iterator

from kguard.facts.argo.workflow import Workflow
from kguard.model import Fault, Unknown
from kguard.policies.argo._deadline import every_leaf_has
from kguard.policies.argo._unseen import not_seen, unless_default
from kguard.policy.context import NOTE, WARNING, Context

_HELP = "one that hangs or stays pending holds its locks and its share of parallelism"


def check(workflow: Workflow, ctx: Context) -> Iterator[Fault | Unknown]:
    """Yield a fault for a workflow that may run for ever."""
    if workflow.value("activeDeadlineSeconds") is not None:
        return
    if not workflow.complete:
        yield ctx.unknown(not_seen(workflow))
    elif workflow.answers and not every_leaf_has(workflow, ctx, "timeout"):
        severity = WARNING if workflow.resource.kind in ("Workflow", "CronWorkflow") else NOTE
        bounded = every_leaf_has(workflow, ctx, "timeout", "activeDeadlineSeconds")
        hangs = "stays pending" if bounded else "hangs"
        yield workflow.fault(
            ("activeDeadlineSeconds",),
            f"no `activeDeadlineSeconds` of the workflow: a run that {hangs} never ends",
            **unless_default(workflow, ctx, severity, _HELP),
        )
