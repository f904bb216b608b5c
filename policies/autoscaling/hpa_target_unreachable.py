"""See hpa_target_unreachable.md."""

from __future__ import annotations

from collections.abc import Iterator

from kguard.facts.autoscaling import Autoscaler, reachable
from kguard.model import Fault, Related, Unknown
from kguard.policy.context import Context

_STOPS = {
    "cpu": "usage is throttled there, so the metric never asks for more pods",
    "memory": "at its limit a container is killed, before the metric asks for more pods",
}


def check(scaler: Autoscaler, ctx: Context) -> Iterator[Fault | Unknown]:
    """Yield a fault for each utilization that the limits keep from passing its target."""
    metrics = [m for m in scaler.utilizations if m.target is not None and m.resource in _STOPS]
    if not metrics:
        return
    if scaler.workload is None:
        yield ctx.unknown("scale target not seen")
        return
    if scaler.vertical:
        return
    pod = scaler.workload.pod
    for metric in metrics:
        most = reachable(pod, metric)
        if most is None or metric.target is None or metric.target < most:
            continue
        limits = next(c for c in pod.running if metric.container in ("", c.name))
        yield scaler.fault(
            metric.target_keys,
            f"{metric.resource} utilization of {scaler.workload.called} cannot pass the target of "
            f"{metric.target}%: its limits are {int(most)}% of its requests",
            related=[Related(limits.resource, (*limits.route, "resources"), "the limit")],
            help=_STOPS[metric.resource],
        )
