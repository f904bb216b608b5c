"""See limit_request_ratio.md."""

from __future__ import annotations

from collections.abc import Iterator

from kguard.facts.pods import Container
from kguard.model import Fault
from kguard.policy.context import Context
from kguard.quantity.quantities import times


def check(container: Container, ctx: Context) -> Iterator[Fault]:
    """Yield a fault for each resource whose limit is more than the allowed multiple."""
    for resource, most in ctx.params.items():
        if not most:
            continue
        request, limit = container.request(resource), container.limit(resource)
        if not (request and limit and request.value and limit.value):
            continue
        if limit.value > most * request.value:
            yield container.fault(
                ("resources", "limits", resource),
                f"{resource} limit `{limit.text}` of {container.called} is "
                f"{times(limit.value / request.value)} times its request `{request.text}`",
                help=f"the node promised the rest to others; {most:g} times is the most",
            )
