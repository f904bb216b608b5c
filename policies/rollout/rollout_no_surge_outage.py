"""See rollout_no_surge_outage.md."""

from __future__ import annotations

from collections.abc import Iterator

from kguard.facts.volumes import stops_first
from kguard.facts.workloads import Workload
from kguard.model import Fault, Related, Unknown
from kguard.policies.rollout._serving import unseen_service
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
    if not workload.serving:
        yield from unseen_service(workload, ctx)
        return
    stops = stops_first(ctx.facts, workload.pod)
    if stops is None:
        yield ctx.unknown("volume claim not seen")
    if stops is not False:
        return
    service = workload.serving[0]
    key = "maxSurge" if update.surge == 0 else "maxUnavailable"
    yield workload.fault(
        (*workload.rolling_route, key),
        f"each rollout of {workload.called} stops its only pod before the next is ready",
        related=[Related(service, ("metadata", "name"), "the Service is down meanwhile")],
        help="the defaults of `maxSurge` and `maxUnavailable` start the new pod first",
    )
