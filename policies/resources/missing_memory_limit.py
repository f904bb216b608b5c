"""See missing_memory_limit.md."""

from __future__ import annotations

from collections.abc import Iterator

from kguard.facts.pods import Container
from kguard.model import Fault
from kguard.policies.resources._missing import limit_as_requested, missing_limit
from kguard.policy.context import Context

_HELP = "without a limit one leak takes the memory of every pod on the node"


def check(container: Container, ctx: Context) -> Iterator[Fault]:
    """Yield a fault for a container whose effective memory limit is absent."""
    yield from missing_limit(container, "memory", _HELP, limit_as_requested)
