"""See missing_ephemeral_storage.md."""

from __future__ import annotations

from collections.abc import Iterator

from kguard.facts.pods import Container
from kguard.model import Fault
from kguard.policies.resources._missing import missing_request
from kguard.policy.context import Context

_HELP = "what it writes to logs, layers and `emptyDir` counts for nothing until the node runs short"


def check(container: Container, ctx: Context) -> Iterator[Fault]:
    """Yield a fault for a container without a request or limit of ephemeral storage."""
    yield from missing_request(container, "ephemeral-storage", _HELP)
