"""See service_target_port_unknown.md."""

from __future__ import annotations

from collections.abc import Iterator

from kguard.facts.probes import declared_ports
from kguard.facts.quantities import is_placeholder
from kguard.facts.services import Service, ports_open
from kguard.facts.targets import ServicePort, service_ports
from kguard.model import Edit, Fault, Fix, Related, Unknown
from kguard.policy.context import Context

# Ports of the proxies that Istio and Linkerd put into pods, by the names they have there.
_INJECTED = frozenset({"http-envoy-prom", "linkerd-admin", "linkerd-proxy"})


def check(service: Service, ctx: Context) -> Iterator[Fault | Unknown]:
    """Yield a fault for each port of a Service that leads to a name nobody declares."""
    for port in service_ports(service.resource):
        target = port.target
        if not isinstance(target, str) or is_placeholder(target) or target in _INJECTED:
            continue
        if target.isascii() and target.isdigit():
            yield _quoted(service, port, target)
            continue
        pods = [workload.pod for workload in service.selected]
        if not pods or any(port.containers(pod) for pod in pods):
            continue
        if any(ports_open(ctx.facts, pod) for pod in pods):
            yield ctx.unknown("containers may get their ports elsewhere")
            continue
        named = {name: None for pod in pods for c in pod.running for name in declared_ports(c)}
        known = ", ".join(f"`{name}`" for name in named)
        other = f" for {port.protocol}" if target in named else ""
        yield service.fault(
            port.route,
            f"{service.called} leads to port `{target}`, which none of its pods declares{other}",
            help="they declare it for another protocol"
            if other
            else f"their named ports: {known or 'none'}",
            related=[Related(pod.resource, pod.at("containers"), "selected") for pod in pods[:1]],
        )


def _quoted(service: Service, port: ServicePort, target: str) -> Fault:
    number = int(target) if len(target) < 6 else 0
    fix = Fix((Edit(port.route, number),), safe=True, title=f"write the number {number}")
    return service.fault(
        port.route,
        f'{service.called} leads to the name `"{target}"`, and a port\'s name has a letter in it',
        help="the API server refuses it: write the number without quotes",
        fix=fix if 0 < number < 65536 else None,
    )
