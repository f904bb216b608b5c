"""See duplicate_object.md."""

from __future__ import annotations

from collections.abc import Iterator

from kguard.facts.order import precedes
from kguard.facts.quantities import is_placeholder
from kguard.model import Fault, Related, Resource, Scope, Unknown
from kguard.policy.context import Context


def check(scope: Scope, ctx: Context) -> Iterator[Fault | Unknown]:
    """Yield a fault for an object of which the same files hold another."""
    this = scope.resource
    if "apiVersion" not in this.data or is_placeholder(this.name) or is_placeholder(this.namespace):
        return
    others = ctx.index.named(this, this.group, this.kind, this.name) if this.name else []
    # Other folders hold variants for other places.
    before = [
        other
        for other in others
        if other is not this and _folder(other) == _folder(this) and precedes(other, this)
    ]
    first = next((each for each in before if each.origin.path == this.origin.path), None)
    if first is None and before:
        first = before[0]
        if not ctx.index.is_complete(this):
            yield ctx.unknown("files of one folder may be alternatives")
            return
    if first is not None:
        yield scope.fault(
            ("metadata", "name"),
            f"{this.kind} `{this.name}` is written twice",
            related=[Related(first, ("metadata", "name"), "the same object")],
            help="the one that is applied last replaces the other",
        )


def _folder(resource: Resource) -> str:
    return resource.origin.path.rpartition("/")[0]
