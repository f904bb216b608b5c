"""See zero_request.md."""

from __future__ import annotations

from collections.abc import Iterator

from kguard.facts.pods import Container, Role, quantity
from kguard.model import Fault
from kguard.policy.context import Context


def check(container: Container, ctx: Context) -> Iterator[Fault]:
    """Yield a fault for each request for cpu or memory that is written as zero."""
    if container.role in (Role.INIT, Role.EPHEMERAL):
        return
    for resource in ("cpu", "memory"):
        text = container.get("resources", "requests", resource)
        if text is not None and quantity(text) == 0:
            yield container.fault(
                ("resources", "requests", resource),
                f"{container.called} requests {resource} of zero",
                help="zero counts as set: neither the limit nor a LimitRange fills it in",
            )
