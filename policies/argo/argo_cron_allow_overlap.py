"""See argo_cron_allow_overlap.md."""

from __future__ import annotations

from collections.abc import Iterator

from kguard.facts.argo.cron import CronWorkflow
from kguard.facts.argo.templates import named_template
from kguard.model import Fault, Unknown
from kguard.policies.argo._unseen import not_seen, unless_default
from kguard.policy.context import NOTE, Context

_HELP = "`Forbid` leaves a run out while the one before is active, `Replace` ends that one"


def check(cron: CronWorkflow, ctx: Context) -> Iterator[Fault | Unknown]:
    """Yield a fault for a frequent schedule whose runs may run beside each other."""
    workflow, interval = cron.workflow, cron.shortest_interval
    if cron.policy != "Allow" or cron.suspended or interval is None:
        return
    if interval >= ctx.params["min_interval_seconds"]:
        return
    entry = named_template(ctx.facts, workflow, workflow.value("entrypoint")).template
    if workflow.value("synchronization") or (entry and entry.value("synchronization")):
        return
    deadline = workflow.value("activeDeadlineSeconds")
    if isinstance(deadline, str) or (type(deadline) is int and deadline <= interval):
        return
    if not workflow.complete:
        yield ctx.unknown(not_seen(workflow))
        return
    yield cron.fault(
        ("concurrencyPolicy",),
        f"runs of {cron.called} start {_length(interval)} apart, beside those that have not ended",
        **unless_default(workflow, ctx, NOTE, _HELP),
    )


def _length(seconds: int) -> str:
    if seconds % 60:
        return f"{seconds:,} s"
    return f"{seconds // 60:,} min"
