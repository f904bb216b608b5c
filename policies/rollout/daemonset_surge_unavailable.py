"""See daemonset_surge_unavailable.md."""

from __future__ import annotations

from collections.abc import Iterator

from kguard.facts.workloads import Workload
from kguard.model import Fault, Related
from kguard.policy.context import Context
from kguard.quantity.intorpercent import is_zero


def check(workload: Workload, ctx: Context) -> Iterator[Fault]:
    """Yield a fault where both or neither of the limits of a rolling update are above zero."""
    update = workload.rolling_update(None)
    if update is None:
        return
    try:
        no_surge, all_stay = is_zero(update.max_surge), is_zero(update.max_unavailable)
    except ValueError:
        return  # A placeholder, or what the API server rejects for another reason.
    if no_surge != all_stay:
        return
    key, means = ("maxSurge", 0) if no_surge else ("maxUnavailable", 1)
    absent = workload.get(*workload.rolling_route, key) is None
    fault = (
        "are both 0: it can replace no pod"
        if no_surge
        else f"are both above 0, `{update.max_surge}` and `{update.max_unavailable}`"
    )
    yield workload.fault(
        (*workload.rolling_route, "maxUnavailable"),
        f"`maxSurge` and `maxUnavailable` of {workload.called} {fault}",
        related=[]
        if no_surge and absent
        else [Related(workload.resource, (*workload.rolling_route, "maxSurge"), "the surge")],
        help="the API server rejects it: "
        + (f"an absent `{key}` means {means}" if absent else "exactly one must be above 0"),
    )
