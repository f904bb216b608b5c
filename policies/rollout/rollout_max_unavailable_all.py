"""See rollout_max_unavailable_all.md."""

from __future__ import annotations

from collections.abc import Iterator

from kguard.facts.workloads import Workload
from kguard.model import Edit, Fault, Fix, Unknown
from kguard.policy.context import NOTE, Context
from kguard.quantity.intorpercent import scaled

_DEFAULT = "25%"


def check(workload: Workload, ctx: Context) -> Iterator[Fault | Unknown]:
    """Yield a fault where a rolling update may stop every pod at the same time."""
    route = (*workload.rolling_route, "maxUnavailable")
    value = workload.get(*route)
    if value is None or workload.rolling_update(None) is None or not _applies(workload, ctx):
        return
    try:
        share = scaled(value, 100, round_up=False)
    except ValueError:
        return
    whole = isinstance(value, str)
    if whole and share != 100:
        return  # Below 100% a pod is left over, above it the API server rejects it.
    floor = workload.floor
    if floor is None and not whole:
        if value > 1 and not _on_nodes(workload):
            yield ctx.unknown("the number of replicas is not known")
        return
    if floor is not None and (floor < 2 or (not whole and value < floor)):
        return
    yield workload.fault(
        route,
        f"a rollout stops all pods of {workload.called} at once: `maxUnavailable` is `{value}`"
        + ("" if whole else f" and there may be only {floor}"),
        severity=NOTE if _on_nodes(workload) else None,
        help="a version that does not start leaves nothing of the old one",
        # On every node one may be meant so: all are to be new at the same time.
        fix=Fix(
            (Edit(route, _DEFAULT),),
            safe=not _on_nodes(workload),
            title=f"set `maxUnavailable: {_DEFAULT}`",
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
