"""See missing_cpu_request.md."""

from __future__ import annotations

from collections.abc import Iterator

from kguard.facts.pods import Container
from kguard.model import Fault
from kguard.policies.resources._missing import missing_request
from kguard.policy.context import Context

_HELP = "the scheduler and the HPA count requests; without one this container weighs nothing"


def check(container: Container, ctx: Context) -> Iterator[Fault]:
    """Yield a fault for a container whose effective cpu request is absent."""
    yield from missing_request(container, "cpu", _HELP)
