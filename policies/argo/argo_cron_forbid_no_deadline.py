"""See argo_cron_forbid_no_deadline.md."""

from __future__ import annotations

from collections.abc import Iterator

from kguard.facts.argo.cron import CronWorkflow
from kguard.model import Fault, Related, Unknown
from kguard.policies.argo._deadline import ends
from kguard.policies.argo._unseen import not_seen, unless_default
from kguard.policy.context import WARNING, Context

_HELP = "`Forbid` starts no run beside an old one; `activeDeadlineSeconds` ends the old one"


def check(cron: CronWorkflow, ctx: Context) -> Iterator[Fault | Unknown]:
    """Yield a fault for a schedule that one run which hangs would stop."""
    workflow = cron.workflow
    if cron.policy != "Forbid" or cron.suspended or ends(workflow, ctx):
        return
    if not workflow.complete:
        yield ctx.unknown(not_seen(workflow))
        return
    yield cron.fault(
        ("workflowSpec", "activeDeadlineSeconds"),
        f"a run of {cron.called} that hangs ends its schedule: nothing stops that run",
        related=[Related(cron.resource, cron.at("concurrencyPolicy"), "waits for the old run")],
        **unless_default(workflow, ctx, WARNING, _HELP),
    )
