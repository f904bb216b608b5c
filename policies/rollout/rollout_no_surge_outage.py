"""See rollout_no_surge_outage.md."""

from __future__ import annotations

from collections.abc import Iterator

from kguard.facts.workloads import Workload
from kguard.model import REMOVE, Edit, Fault, Fix, Unknown
from kguard.policies.rollout._serving import outage
from kguard.policy.context import Context


def check(workload: Workload, ctx: Context) -> Iterator[Fault | Unknown]:
    """Yield a fault where a rolling update takes away the only pod of a Service."""
    update = workload.rolling_update(1)
    if update is None or workload.traffic_routed or not update.unavailable:
        return
    if workload.replicas.floor != 1:
        return
    if workload.floor is None:
        yield ctx.unknown("no replicas written and an HPA may not have been seen")
        return
    service = yield from outage(workload, ctx)
    if service is None:
        return
    key = "maxSurge" if update.surge == 0 else "maxUnavailable"
    route = workload.rolling_route
    # What else a Rollout's canary says, its steps for instance, is to stay; so are a
    # DeploymentConfig's hooks.
    routes = (
        [(*route, name) for name in ("maxSurge", "maxUnavailable")]
        if workload.resource.kind in ("Rollout", "DeploymentConfig")
        else [("spec", workload.strategy_key)]
    )
    yield workload.fault(
        (*route, key),
        f"each rollout of {workload.called} stops its only pod before the next is ready",
        related=[service],
        help="the defaults of `maxSurge` and `maxUnavailable` start the new pod first",
        fix=Fix(
            tuple(Edit(each, REMOVE) for each in routes),
            safe=False,  # Two pods side by side are what it may be written to prevent.
            title="leave `maxSurge` and `maxUnavailable` to their defaults",
        ),
    )
