"""See missing_cpu_limit.md."""

from __future__ import annotations

from collections.abc import Iterator

from kguard.facts.pods import Container
from kguard.model import Fault
from kguard.policies.resources._missing import missing_limit
from kguard.policy.context import Context

_HELP = "only a cpu limit equal to the request gives the pod the Guaranteed class"


def check(container: Container, ctx: Context) -> Iterator[Fault]:
    """Yield a fault for a container whose effective cpu limit is absent."""
    yield from missing_limit(container, "cpu", _HELP)
