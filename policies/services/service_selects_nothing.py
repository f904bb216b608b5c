"""See service_selects_nothing.md."""

from __future__ import annotations

from collections.abc import Iterator

from kguard.facts.services import Service, unseen_endpoints
from kguard.model import Fault, Unknown
from kguard.policy.context import Context


def check(service: Service, ctx: Context) -> Iterator[Fault | Unknown]:
    """Yield a fault for a Service with a selector that no pod meets."""
    if service.selector is None or service.selected:
        return
    reason = unseen_endpoints(ctx.facts, service)
    if reason:
        yield ctx.unknown(reason)
        return
    yield service.fault(
        ("spec", "selector"),
        f"{service.called} selects no pod: no pod template of the namespace has such labels",
        help="it has no endpoints, so every connection to it fails",
    )
