"""See single_replica.md."""

from __future__ import annotations

from collections.abc import Iterator

from kguard.facts.argo.controller import argo_controller
from kguard.facts.workloads import Workload
from kguard.model import Fault, Unknown
from kguard.policies.rollout._serving import outage
from kguard.policy.context import Context


def check(workload: Workload, ctx: Context) -> Iterator[Fault | Unknown]:
    """Yield a fault for a workload behind a Service with fewer pods than it takes to lose one."""
    floor = workload.replicas.floor
    if floor is None or not 0 < floor < ctx.params["min"] or workload.autoscalers:
        return
    if ctx.facts.remember(argo_controller, workload.resource) is not None:
        return
    if workload.floor is None:
        yield ctx.unknown("no replicas written and an HPA may not have been seen")
        return
    service = yield from outage(workload, ctx)
    if service is None:
        return
    pods = "one pod" if floor == 1 else f"{floor} pods"
    yield workload.fault(
        ("spec", "replicas"),
        f"{workload.called} runs {pods} behind Service `{service.resource.name}`",
        related=[service],
        help="what takes its node takes the Service",
    )
