"""What the three policies on missing amounts share."""

from __future__ import annotations

from collections.abc import Iterator

from kguard.facts.pods import Container
from kguard.model import Fault


def missing_request(container: Container, resource: str, help: str) -> Iterator[Fault]:
    """A fault where a container would run without a request for `resource`."""
    if container.request(resource) is None and not _fragment(container):
        yield container.fault(
            ("resources", "requests", resource),
            f"{container.called} requests no {resource}",
            help=help,
        )


def missing_limit(container: Container, resource: str, help: str) -> Iterator[Fault]:
    """A fault where a container would run without a limit for `resource`."""
    if container.limit(resource) is None and not _fragment(container):
        yield container.fault(
            ("resources", "limits", resource),
            f"{container.called} has no {resource} limit",
            help=help,
        )


def _fragment(container: Container) -> bool:
    """Whether more is to come: the API server refuses a container without an image.

    Such a text is a patch, or what a test of another object expects to find in it.
    """
    return container.get("image") is None
