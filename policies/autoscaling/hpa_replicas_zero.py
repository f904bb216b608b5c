"""See hpa_replicas_zero.md."""

from __future__ import annotations

from collections.abc import Iterator

from kguard.facts.workloads import Workload
from kguard.model import Fault, Related, Unknown
from kguard.policy.context import Context


def check(workload: Workload, ctx: Context) -> Iterator[Fault | Unknown]:
    """Yield a fault for zero replicas, which switch a HorizontalPodAutoscaler off."""
    if workload.replicas.written != 0:
        return
    for scaler in workload.autoscalers:
        if scaler.group != "autoscaling" or not ctx.facts.autoscaler(scaler).least:
            continue
        if len(ctx.index.target_of(scaler)) > 1:
            yield ctx.unknown("several objects have the name that the autoscaler targets")
            return
        yield workload.fault(
            ("spec", "replicas"),
            f"`replicas: 0` switches HorizontalPodAutoscaler `{scaler.name}` off",
            related=[Related(scaler, ("spec", "scaleTargetRef"), "scales the same workload")],
            help="it leaves a workload at zero alone: no pod comes back under any load",
        )
        return
