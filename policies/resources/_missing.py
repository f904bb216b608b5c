"""What the three policies on missing amounts share."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from kguard.facts.helmhooks import is_helm_test
from kguard.facts.pods import Container
from kguard.model import Fault, Fix


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
    fix: Callable[[Container], Fix | None] = lambda container: None,
) -> Iterator[Fault]:
    """A fault where a container would run without a limit for `resource`, cured by `fix`."""
    if container.limit(resource) is None and _judged(container):
        yield container.fault(
            ("resources", "limits", resource),
            f"{container.called} has no {resource} limit",
            help=help,
            fix=fix(container),
        )


def _judged(container: Container) -> bool:
    """Whether it is all there, and runs on its own account: `helm create` writes a test without
    requests into every chart, and its pod lives for a moment when somebody asks for it."""
    return not container.fragment and not is_helm_test(container.resource)
