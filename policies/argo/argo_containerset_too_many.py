"""See argo_containerset_too_many.md."""

from __future__ import annotations

from collections.abc import Iterator

from kguard.facts.argo.templates import Template
from kguard.model import Fault
from kguard.policy.context import Context


def check(template: Template, ctx: Context) -> Iterator[Fault]:
    """Yield a fault for a containerSet of more containers than one pod bears."""
    containers = template.get("containerSet", "containers")
    most = ctx.params["max_containers"]
    if isinstance(containers, list) and len(containers) > most:
        yield template.fault(
            ("containerSet", "containers"),
            f"`containerSet` of {template.called} has {len(containers)} containers in one pod",
            help="it is meant for tens of them, not for hundreds: all start at once",
        )
