"""See hpa_container_not_found.md."""

from __future__ import annotations

from collections.abc import Iterator

from kguard.facts.autoscaling import Autoscaler, named_containers
from kguard.facts.quantities import is_placeholder
from kguard.model import Fault, Related, Unknown
from kguard.policy.context import WARNING, Context


def check(scaler: Autoscaler, ctx: Context) -> Iterator[Fault | Unknown]:
    """Yield a fault for each metric of a container that the pod does not have."""
    if not any(not is_placeholder(name) for name, _ in named_containers(scaler.resource)):
        return
    if scaler.workload is None:
        yield ctx.unknown("scale target not seen")
        return
    lost = scaler.lost
    if lost is None:
        yield ctx.unknown("names of containers are filled in later")
        return
    works = scaler.computes
    for name, keys in lost:
        pod = scaler.workload.pod
        ends = any(container.name == name for container in pod.containers)
        yield scaler.fault(
            keys,
            f"{scaler.workload.called} has no container `{name}` to measure"
            + (": it ends before the others start" if ends else ""),
            severity=WARNING if works else None,
            related=[Related(pod.resource, (*pod.route, "containers"), "its containers")],
            help="the autoscaler never scales down"
            if works
            else "the metric is never there, so the autoscaler does nothing"
            if len(lost) == len(scaler.utilizations) + scaler.other_metrics
            else "no other metric works either, so the autoscaler does nothing",
        )
