"""See request_exceeds_limit.md."""

from __future__ import annotations

from collections.abc import Iterator

from kguard.facts.pods import Container, quantity
from kguard.model import Edit, Fault, Fix, Related
from kguard.policy.context import Context


def check(container: Container, ctx: Context) -> Iterator[Fault]:
    """Yield a fault for each resource whose written request is above its written limit."""
    requests = container.get("resources", "requests", default={})
    limits = container.get("resources", "limits", default={})
    if not isinstance(requests, dict) or not isinstance(limits, dict):
        return
    for resource, text in requests.items():
        request = quantity(text) if text is not None else None
        limit = quantity(limits[resource]) if limits.get(resource) is not None else None
        if request is None or limit is None or request <= limit:
            continue
        route = container.at("resources", "limits", resource)
        yield container.fault(
            ("resources", "requests", resource),
            f"{container.called} requests {resource} `{text}`, above its limit "
            f"`{limits[resource]}`",
            related=[Related(container.resource, route, "the limit")],
            help="the API server rejects it",
            # As it is written it cannot run anywhere, so there is nothing that a change could stop.
            fix=Fix((Edit(route, text),), safe=True, title=f"raise the limit to `{text}`"),
        )
