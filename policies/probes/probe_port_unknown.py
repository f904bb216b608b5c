"""See probe_port_unknown.md."""

from __future__ import annotations

from collections.abc import Iterator

from kguard.facts.probes import Probe, declared_ports
from kguard.model import Fault
from kguard.policy.context import Context


def check(probe: Probe, ctx: Context) -> Iterator[Fault]:
    """Yield a fault for a probe of a named port that its own container does not declare."""
    name = probe.port_name
    if name is None or name in declared_ports(probe.container) or probe.container.injected:
        return
    elsewhere = [
        other.called for other in probe.container.pod.running if name in declared_ports(other)
    ]
    known = ", ".join(f"`{port}`" for port in declared_ports(probe.container))
    help = f"its named ports: {known}" if known else "it declares no named port"
    if elsewhere:
        help = f"{elsewhere[0]} declares it, and a probe looks at its own container only"
    yield probe.fault(
        (probe.handlers[0], "port"),
        f"`{probe.key}` of {probe.container.called} asks port `{name}`, which it does not declare",
        help=help,
    )
