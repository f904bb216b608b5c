"""See hpa_container_not_found.md."""

from __future__ import annotations

from collections.abc import Iterator

from kguard.facts.autoscaling import Autoscaler, named_containers
from kguard.facts.quantities import is_placeholder
from kguard.model import Fault, Related, Unknown
from kguard.policy.context import WARNING, Context

# Sidecars that a webhook puts into pods: no template shows them.
_INJECTED = frozenset(
    {"consul-dataplane", "daprd", "istio-proxy", "kuma-sidecar", "linkerd-proxy", "vault-agent"}
)


def check(scaler: Autoscaler, ctx: Context) -> Iterator[Fault | Unknown]:
    """Yield a fault for each metric of a container that the pod does not have."""
    named = [(n, k) for n, k in named_containers(scaler.resource) if not is_placeholder(n)]
    if not named:
        return
    if scaler.workload is None:
        yield ctx.unknown("scale target not seen")
        return
    there = {container.name for container in scaler.workload.pod.running}
    if any(is_placeholder(name) for name in there):
        yield ctx.unknown("names of containers are filled in later")
        return
    metrics = len(scaler.utilizations) + scaler.other_metrics
    lost = [(n, k) for n, k in named if n not in there and n not in _INJECTED]
    for name, keys in lost:
        pod = scaler.workload.pod
        ends = any(container.name == name for container in pod.containers)
        yield scaler.fault(
            keys,
            f"{scaler.workload.called} has no container `{name}` to measure"
            + (": it ends before the others start" if ends else ""),
            severity=WARNING if metrics > len(lost) else None,
            related=[Related(pod.resource, (*pod.route, "containers"), "its containers")],
            help="the autoscaler never scales down"
            if metrics > len(lost)
            else "the metric is never there, so the autoscaler does nothing",
        )
