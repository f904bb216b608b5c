"""See rollout_no_readiness.md."""

from __future__ import annotations

from collections.abc import Iterator

from kguard.facts.pods import Container
from kguard.facts.probes import probes_of
from kguard.facts.targets import ServicePort, service_ports
from kguard.facts.workloads import Workload
from kguard.model import Fault, Related, dig
from kguard.policy.context import NOTE, Context

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
        if _held_back(container) or container.fragment or _for_metrics(container):
            continue
        # The pod is ready, and in the Service, when every container of it is.
        others = [c for c in workload.pod.running if _held_back(c)]
        if any(_asks(other, container) for other in others):
            continue
        names = " and ".join(f"`{other.name}`" for other in others)
        when = f"{names} beside it {'are' if others[1:] else 'is'} ready"
        yield container.fault(
            ("readinessProbe",),
            f"{container.called} gets traffic of Service `{port.service.name}` as soon as "
            f"{when if others else 'its process has started'}: it has no readiness probe",
            severity=NOTE if others else None,
            related=[Related(port.service, port.route, "leads to it")],
            help="nothing asks whether it can answer"
            if others
            else "so a version that never works replaces all of the old one",
        )


def _held_back(container: Container) -> bool:
    """Whether it is ready only when a probe has succeeded."""
    return any(container.get(probe) is not None for probe in _HOLD_BACK)


def _asks(other: Container, container: Container) -> bool:
    """Whether a probe of another container asks a port of this one: a pod has one network."""
    ports = container.get("ports")
    numbers = [dig(port, "containerPort") for port in (ports if isinstance(ports, list) else ())]
    asked = (probe.port for probe in probes_of(other) if probe.key in _HOLD_BACK)
    return any(port is not None and port in numbers for port in asked)


def _for_metrics(container: Container) -> bool:
    """Whether it is the proxy before a metrics endpoint that kubebuilder and others put there."""
    return "kube-rbac-proxy" in f"{container.name} {container.get('image')}"
