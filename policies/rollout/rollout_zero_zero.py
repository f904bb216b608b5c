"""See rollout_zero_zero.md."""

from __future__ import annotations

from collections.abc import Iterator

from kguard.facts.workloads import Workload
from kguard.model import Edit, Fault, Fix, Related
from kguard.policy.context import Context
from kguard.quantity.intorpercent import is_zero


def check(workload: Workload, ctx: Context) -> Iterator[Fault]:
    """Yield a fault where both limits of a rolling update are written as zero."""
    update = workload.rolling_update(None)
    if update is None:
        return
    try:
        if not (is_zero(update.max_surge) and is_zero(update.max_unavailable)):
            return
    except ValueError:
        return  # A placeholder, or what the API server rejects for another reason.
    route = workload.rolling_route
    rollout = workload.resource.kind == "Rollout"
    yield workload.fault(
        (*route, "maxUnavailable"),
        f"{workload.called} can replace no pod: `maxSurge` and `maxUnavailable` are both 0",
        related=[Related(workload.resource, (*route, "maxSurge"), "no pod may be added")],
        help="the Rollouts controller refuses it" if rollout else "the API server rejects it",
        fix=Fix((Edit((*route, "maxSurge"), 1),), safe=True, title="set `maxSurge: 1`"),
    )
