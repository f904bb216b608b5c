"""See argo_fanout_retry_worst_case.md."""

from __future__ import annotations

from collections.abc import Iterator

from kguard.facts.argo.workflow import Workflow
from kguard.facts.forecast.forecast import forecast_of
from kguard.facts.forecast.limits import limit_of
from kguard.facts.sizes import written
from kguard.model import Fault
from kguard.policies.argo._unseen import unless_default
from kguard.policy.context import NOTE, WARNING, Context

_HELP = "a lower `limit`, fewer items per workflow, or retries of the pods only"


def check(workflow: Workflow, ctx: Context) -> Iterator[Fault]:
    """Yield a fault for a run that fits while all goes well, and not when everything is retried."""
    nominal = ctx.facts.forecast(workflow.resource)
    if nominal is None or not nominal.count.retries:
        return
    worst = forecast_of(ctx.facts, workflow, worst=True)
    if worst is None or limit_of(ctx.facts, workflow, nominal).reached:
        return
    limit = limit_of(ctx.facts, workflow, worst)
    if not limit.reached:
        return
    options = unless_default(workflow, ctx, WARNING, _HELP)
    if nominal.count.assumed:
        options = {**options, "severity": NOTE}
    yield workflow.fault(
        ("entrypoint",),
        f"{nominal.count.nodes:,} nodes become {worst.count.nodes:,} when every attempt is needed, "
        f"and {written(limit.size)} of status are not stored",
        **options,
    )
