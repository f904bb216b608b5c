"""See missing_memory_limit.md."""

from __future__ import annotations

from collections.abc import Iterator

from kguard.facts.pods import Container
from kguard.model import Edit, Fault, Fix
from kguard.policies.resources._missing import missing_limit
from kguard.policy.context import Context

_HELP = "without a limit one leak takes the memory of every pod on the node"
_LEAST_COPIED = 64 * 1024**2
"""Bytes of memory from which on a request may stand for what a program takes. Below, it is often
only what the scheduler is to count (5Mi for node-local-dns, 16Mi for ip-masq-agent in kubernetes
cluster/addons): as a limit it would have the container killed, by and by or at its start."""


def check(container: Container, ctx: Context) -> Iterator[Fault]:
    """Yield a fault for a container whose effective memory limit is absent."""
    yield from missing_limit(container, "memory", _HELP, _as_requested)


def _as_requested(container: Container) -> Fix | None:
    """A limit as high as the request that is written, None where there is none to copy.

    Unsafe: it stops a container that takes more than it asks for, and a new template is a rollout.
    """
    request = container.amount("requests", "memory")
    if request is None or request.value is None or request.value < _LEAST_COPIED:
        return None
    edit = Edit(container.at("resources", "limits", "memory"), request.text)
    title = f"limit memory to what is requested, `{request.text}`"
    return Fix((edit,), safe=False, title=title)
