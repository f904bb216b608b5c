"""What a provider of scopes is: see kguard.facts.scopes."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from kguard.facts.run import Facts
from kguard.model import Resource, Scope
from kguard.record import record

Kinds = frozenset[tuple[str, str]]


@record
class Each:
    """One word of `each:`: the (group, kind) pairs it covers, None for all, and its provider."""

    kinds: Kinds | None
    scopes: Callable[[Facts, Resource], Iterable[Scope]]


def whole(facts: Facts, resource: Resource) -> Iterable[Scope]:
    """The whole object."""
    return [Scope(resource, (), resource.data)]
