"""See argo_cron_no_timezone.md."""

from __future__ import annotations

from collections.abc import Iterator

from kguard.facts.argo.cron import CronWorkflow
from kguard.model import Fault
from kguard.policy.context import Context


def check(cron: CronWorkflow, ctx: Context) -> Iterator[Fault]:
    """Yield a fault for a schedule by the hour that does not say in which zone."""
    if cron.suspended or cron.get("timezone"):
        return
    for when in cron.schedules:
        parsed = when.parsed
        if parsed and parsed.timezone is None and 0 < len(parsed.hours) < 24:
            yield cron.fault(
                when.keys,
                f"the hours of `{when.text}` are in whatever time zone the controller runs in",
                help="`timezone` says which is meant, such as `Europe/Berlin` or `Etc/UTC`",
            )
            return
