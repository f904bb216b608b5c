"""See rollout_no_readiness.md."""

from __future__ import annotations

from collections.abc import Iterator

from kguard.facts.pods import Container
from kguard.facts.targets import ServicePort, service_ports
from kguard.facts.workloads import Workload
from kguard.model import Fault, Related, dig
from kguard.policy.context import Context

# A startup probe counts: until it has succeeded the container is not ready (kubernetes
# pkg/kubelet/prober/prober_manager.go, UpdatePodStatus).
_HOLD_BACK = ("readinessProbe", "startupProbe")


def check(workload: Workload, ctx: Context) -> Iterator[Fault]:
    """Yield a fault for each container that a Service calls as soon as its process has started."""
    if workload.pod.get("readinessGates") or workload.replicas.ceiling == 0:
        return
    called: dict[int, tuple[Container, ServicePort]] = {}
    for service in workload.serving:
        if dig(service.data, "spec", "publishNotReadyAddresses") is True:
            continue
        for port in service_ports(service):
            for container in port.containers(workload.pod):
                called.setdefault(id(container), (container, port))
    for container, port in called.values():
        probed = any(container.get(probe) is not None for probe in _HOLD_BACK)
        if probed or container.fragment or _for_metrics(container):
            continue
        yield container.fault(
            ("readinessProbe",),
            f"{container.called} gets traffic of Service `{port.service.name}` as soon as its "
            "process has started: it has no readiness probe",
            related=[Related(port.service, port.route, "leads to it")],
            help="and a version that never works replaces all of the old one",
        )


def _for_metrics(container: Container) -> bool:
    """Whether it is the proxy before a metrics endpoint that kubebuilder and others put there."""
    return "kube-rbac-proxy" in f"{container.name} {container.get('image')}"
