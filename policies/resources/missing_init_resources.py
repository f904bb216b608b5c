"""See missing_init_resources.md."""

from __future__ import annotations

from collections.abc import Iterator

from kguard.facts.pods import Container
from kguard.model import Fault
from kguard.policy.context import Context


def check(container: Container, ctx: Context) -> Iterator[Fault]:
    """Yield a fault for an init container whose effective requests are absent altogether."""
    if container.fragment or any(container.request(each) for each in ("cpu", "memory")):
        return
    yield container.fault(
        ("resources", "requests"),
        f"{container.called} requests neither cpu nor memory",
        help="it keeps the pod out of the Guaranteed class and out of namespaces with a quota",
    )
