"""What the three policies on missing amounts share."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from kguard.facts.helmhooks import is_helm_test
from kguard.facts.pods import Container, quantity
from kguard.model import Edit, Fault, Fix

_LEAST_COPIED = 64 * 1024**2
"""Bytes of memory from which on a request may stand for what a program takes. Below, it is often
only what the scheduler is to count (5Mi for node-local-dns, 16Mi for ip-masq-agent in kubernetes
cluster/addons): as a limit it would have the container killed, by and by or at its start."""


def missing_request(container: Container, resource: str, help: str) -> Iterator[Fault]:
    """A fault where a container would run without a request for `resource`."""
    if container.request(resource) is None and _judged(container):
        yield container.fault(
            ("resources", "requests", resource),
            f"{container.called} requests no {resource}",
            help=help,
        )


def missing_limit(
    container: Container,
    resource: str,
    help: str,
    fix: Callable[[Container, str], Fix | None] | None = None,
) -> Iterator[Fault]:
    """A fault where a container would run without a limit for `resource`, cured by `fix`."""
    if container.limit(resource) is None and _judged(container):
        yield container.fault(
            ("resources", "limits", resource),
            f"{container.called} has no {resource} limit",
            help=help,
            fix=fix(container, resource) if fix else None,
        )


def limit_as_requested(container: Container, resource: str) -> Fix | None:
    """A limit as high as the request that is written, None where there is none to copy.

    Unsafe: it stops a container that takes more than it asks for, and a new template is a rollout.
    """
    text = container.get("resources", "requests", resource)
    amount = quantity(text)
    if not amount or (resource == "memory" and amount < _LEAST_COPIED):
        return None
    edit = Edit(container.at("resources", "limits", resource), text)
    return Fix((edit,), safe=False, title=f"limit {resource} to what is requested, `{text}`")


def _judged(container: Container) -> bool:
    """Whether it is all there, and runs on its own account: `helm create` writes a test without
    requests into every chart, and its pod lives for a moment when somebody asks for it."""
    return not container.fragment and not is_helm_test(container.resource)
