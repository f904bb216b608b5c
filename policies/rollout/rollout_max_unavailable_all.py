"""See rollout_max_unavailable_all.md."""

from __future__ import annotations

from collections.abc import Iterator

from kguard.facts.workloads import Workload
from kguard.model import Edit, Fault, Fix, Unknown
from kguard.policy.context import NOTE, Context
from kguard.quantity.intorpercent import scaled


def check(workload: Workload, ctx: Context) -> Iterator[Fault | Unknown]:
    """Yield a fault where a rolling update may stop every pod at the same time."""
    value = workload.get(*workload.rolling_route, "maxUnavailable")
    update = workload.rolling_update(workload.floor)
    if value is None or update is None or not _applies(workload, ctx):
        return
    try:
        share = scaled(value, 100, round_up=False)
    except ValueError:
        return
    whole = isinstance(value, str) and share == 100
    if isinstance(value, str) and not whole:
        return  # Below 100% a pod is left over, above it the API server rejects it.
    if update.unavailable is None and not whole and value > 1 and not _on_nodes(workload):
        yield ctx.unknown("the number of replicas is not known")
    if workload.floor is not None and not 2 <= workload.floor <= (update.unavailable or 0):
        return
    if workload.floor is not None or whole:
        route = (*workload.rolling_route, "maxUnavailable")
        yield workload.fault(
            route,
            f"a rollout stops all pods of {workload.called} at once: `maxUnavailable` is `{value}`"
            + ("" if whole else f" and there may be only {workload.floor}"),
            severity=NOTE if _on_nodes(workload) else None,
            help="a version that does not start leaves nothing of the old one",
            # On every node one may be meant so: all are to be new at the same time.
            fix=Fix(
                (Edit(route, "25%"),),
                safe=not _on_nodes(workload),
                title="set `maxUnavailable: 25%`",
            ),
        )


def _on_nodes(workload: Workload) -> bool:
    return workload.resource.kind == "DaemonSet"


def _applies(workload: Workload, ctx: Context) -> bool:
    if workload.resource.kind == "StatefulSet":
        return (
            ctx.assume.kube >= (1, 35)
            and workload.get("spec", "podManagementPolicy") == "Parallel"
            and not workload.get(*workload.rolling_route, "partition")
        )
    return not workload.traffic_routed
