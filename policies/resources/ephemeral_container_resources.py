"""See ephemeral_container_resources.md."""

from __future__ import annotations

from collections.abc import Iterator

from kguard.facts.pods import Container, Role
from kguard.model import REMOVE, Edit, Fault, Fix
from kguard.policy.context import Context


def check(container: Container, ctx: Context) -> Iterator[Fault]:
    """Yield a fault for an ephemeral container that has resources."""
    if container.role is not Role.EPHEMERAL:
        return
    if not any(container.get("resources", each) for each in ("requests", "limits", "claims")):
        return
    yield container.fault(
        ("resources",),
        f"{container.called} has `resources`",
        help="the API server refuses them: it runs within what the pod has",
        # As it is written it cannot run anywhere, so there is nothing that a change could stop.
        fix=Fix(
            (Edit(container.at("resources"), REMOVE),), safe=True, title="remove the resources"
        ),
    )
