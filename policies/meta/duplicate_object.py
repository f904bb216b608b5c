"""See duplicate_object.md."""

from __future__ import annotations

from collections.abc import Iterator

from kguard.facts.order import precedes
from kguard.facts.quantities import is_placeholder
from kguard.model import Fault, Related, Scope, Unknown
from kguard.policy.context import Context


def check(scope: Scope, ctx: Context) -> Iterator[Fault | Unknown]:
    """Yield a fault for an object of which the same files hold another."""
    this = scope.resource
    if "apiVersion" not in this.data or is_placeholder(this.name) or is_placeholder(this.namespace):
        return
    others = ctx.index.named(this, this.group, this.kind, this.name) if this.name else []
    before = [other for other in others if other is not this and precedes(other, this)]
    here = [other for other in before if other.origin.path == this.origin.path]
    if not here and before and not ctx.index.is_complete(this):
        yield ctx.unknown("files of one folder may be alternatives")
        return
    first = next(iter(here or before), None)
    if first is not None:
        yield scope.fault(
            ("metadata", "name"),
            f"{this.kind} `{this.name}` is written twice",
            related=[Related(first, ("metadata", "name"), "the same object")],
            help="the one that is applied last replaces the other",
        )
