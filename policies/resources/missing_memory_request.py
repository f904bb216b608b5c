"""See missing_memory_request.md."""

from __future__ import annotations

from collections.abc import Iterator

from kguard.facts.pods import Container
from kguard.model import Fault
from kguard.policies.resources._missing import missing_request
from kguard.policy.context import Context

_HELP = "the scheduler counts requests; without one the node fills up and evicts this pod first"


def check(container: Container, ctx: Context) -> Iterator[Fault]:
    """Yield a fault for a container whose effective memory request is absent."""
    yield from missing_request(container, "memory", _HELP)
