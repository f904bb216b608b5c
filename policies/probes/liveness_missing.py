"""See liveness_missing.md."""

from __future__ import annotations

from collections.abc import Iterator

from kguard.facts.pods import Container
from kguard.model import Fault
from kguard.policy.context import Context


def check(container: Container, ctx: Context) -> Iterator[Fault]:
    """Yield a fault for a container that nothing restarts when it hangs."""
    if container.pod.ends or container.fragment or container.get("livenessProbe") is not None:
        return
    yield container.fault(
        ("livenessProbe",),
        f"{container.called} has no liveness probe",
        help="a program that hangs without ending is not restarted",
    )
