"""Which containers of a pod the ports of a Service lead to.

Source: kubernetes staging endpointslice util/endpointset and pkg/api/v1/pod/util.go (FindPort: a
name is looked for among the declared ports, a number needs no declaration).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from kguard.facts.pods import Container, Pod, Role
from kguard.model import Resource, Route, dig
from kguard.record import record


@record(eq=False)
class ServicePort:
    """One port of a Service: what it aims at in the pods, and the route to it in the Service."""

    service: Resource
    route: Route
    target: Any
    protocol: str

    def containers(self, pod: Pod) -> list[Container]:
        """The containers that take what arrives there.

        Those that declare the port; where none does, a number still leads to the only container of
        the pod. Empty where that cannot be told.
        """
        declaring = [c for c in pod.running if any(self._fits(port) for port in _ports(c))]
        if declaring or isinstance(self.target, str):
            return declaring
        running = pod.running
        return running if len(running) == 1 and running[0].role is Role.APP else []

    def _fits(self, port: Mapping[str, Any]) -> bool:
        key = "name" if isinstance(self.target, str) else "containerPort"
        protocol = port.get("protocol") or "TCP"
        return bool(port.get(key) == self.target and protocol == self.protocol)


def service_ports(service: Resource) -> Iterator[ServicePort]:
    """The ports of a Service; `target` is `targetPort`, else the port itself."""
    ports = dig(service.data, "spec", "ports")
    for number, port in enumerate(ports if isinstance(ports, list) else ()):
        if not isinstance(port, Mapping):
            continue
        key = "port" if port.get("targetPort") in (None, "", 0) else "targetPort"
        target = port.get(key)
        if isinstance(target, (str, int)) and not isinstance(target, bool):
            route = ("spec", "ports", number, key)
            yield ServicePort(service, route, target, str(port.get("protocol") or "TCP"))


def _ports(container: Container) -> Iterator[Mapping[str, Any]]:
    ports = container.get("ports")
    for port in ports if isinstance(ports, list) else ():
        if isinstance(port, Mapping):
            yield port
