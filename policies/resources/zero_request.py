"""See zero_request.md."""

from __future__ import annotations

from collections.abc import Iterator

from kguard.facts.pods import Container, Role, quantity
from kguard.model import REMOVE, Edit, Fault, Fix
from kguard.policy.context import Context


def check(container: Container, ctx: Context) -> Iterator[Fault]:
    """Yield a fault for each request for cpu or memory that is written as zero."""
    if container.role in (Role.INIT, Role.EPHEMERAL):
        return
    for resource in ("cpu", "memory"):
        amount = container.amount("requests", resource)
        if amount is not None and amount.value == 0:
            yield container.fault(
                ("resources", "requests", resource),
                f"{container.called} requests {resource} of zero",
                help="zero counts as set: neither the limit nor a LimitRange fills it in",
                fix=_as_limited(container, resource),
            )


def _as_limited(container: Container, resource: str) -> Fix | None:
    """Leave the request to the limit, which Kubernetes takes for one that is absent.

    None without a limit. Unsafe: a new pod template is a rollout, and pods may fit nowhere.
    """
    limit = container.get("resources", "limits", resource)
    if not quantity(limit):
        return None
    edit = Edit(container.at("resources", "requests", resource), REMOVE)
    return Fix((edit,), safe=False, title=f"remove it: the limit of `{limit}` is requested then")
