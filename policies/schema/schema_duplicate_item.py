"""See schema_duplicate_item.md."""

from __future__ import annotations

from collections.abc import Iterator

from kguard.facts.schema.structure import RepeatedItem
from kguard.model import Fault, Related, named_route
from kguard.policy.context import Context


def check(item: RepeatedItem, ctx: Context) -> Iterator[Fault]:
    """Yield a fault for an item whose name or place another one has."""
    listed = named_route(item.resource.data, item.keys[:-1])
    yield item.fault(
        item.keys,
        f"item of `{listed}` has the same {item.what} as another",
        help="Kubernetes refuses the object",
        related=[Related(item.resource, item.first, "the first of them")],
    )
