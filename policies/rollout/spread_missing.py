"""See spread_missing.md."""

from __future__ import annotations

from collections.abc import Iterator

from kguard.facts.quantities import is_placeholder
from kguard.facts.volumes import stops_first
from kguard.facts.workloads import Workload
from kguard.model import Fault, Unknown
from kguard.policy.context import Context


def check(workload: Workload, ctx: Context) -> Iterator[Fault | Unknown]:
    """Yield a fault for several pods that nothing keeps off one node."""
    pod = workload.pod
    affinity = pod.get("affinity")
    if pod.get("topologySpreadConstraints") or is_placeholder(affinity):
        return
    if pod.get("affinity", "podAntiAffinity") is not None or stops_first(ctx.facts, pod):
        return
    if workload.floor is None:
        yield ctx.unknown("no replicas written and an HPA may not have been seen")
        return
    if workload.floor < ctx.params["min"]:
        return
    yield pod.fault(
        ("topologySpreadConstraints",),
        f"nothing keeps the {workload.floor} pods of {workload.called} off one node",
        help="the scheduler spreads them only as far as it costs nothing",
    )
