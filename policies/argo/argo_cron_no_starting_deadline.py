"""See argo_cron_no_starting_deadline.md."""

from __future__ import annotations

from collections.abc import Iterator

from kguard.facts.argo.cron import CronWorkflow
from kguard.model import Fault
from kguard.policy.context import Context


def check(cron: CronWorkflow, ctx: Context) -> Iterator[Fault]:
    """Yield a fault for a schedule whose missed runs are lost."""
    seconds, interval = cron.get("startingDeadlineSeconds"), cron.shortest_interval
    if seconds is not None and (seconds != 0 or isinstance(seconds, bool)):
        return
    if cron.suspended or interval is None or interval < ctx.params["min_interval_seconds"]:
        return
    written = "no `startingDeadlineSeconds`" if seconds is None else "`startingDeadlineSeconds: 0`"
    yield cron.fault(
        ("startingDeadlineSeconds",),
        f"{written}: a run of {cron.called} that is missed is never caught up",
        help="`startingDeadlineSeconds: 3600` has it start up to an hour late",
    )
