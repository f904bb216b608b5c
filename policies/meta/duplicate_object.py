"""See duplicate_object.md."""

from __future__ import annotations

from collections.abc import Iterator

from kguard.facts.quantities import is_placeholder
from kguard.model import Fault, Related, Resource, Scope, Unknown
from kguard.policy.context import Context


def check(scope: Scope, ctx: Context) -> Iterator[Fault | Unknown]:
    """Yield a fault for an object of which the same files hold another."""
    this = scope.resource
    if "apiVersion" not in this.data or is_placeholder(this.name) or is_placeholder(this.namespace):
        return
    if this.embedded:
        return  # Made by a workflow, over what is there or after it.
    others = ctx.index.named(this, this.group, this.kind, this.name)
    # The first in its file, which is the same object; else in the folder, for other folders hold
    # variants for other places. They are in the order of the text.
    first = next((each for each in others if each.origin.path == this.origin.path), this)
    if first is this:
        first = next((each for each in others if _folder(each) == _folder(this)), this)
        if first is not this and not ctx.index.is_complete(this):
            yield ctx.unknown("files of one folder may be alternatives")
            return
    if first is not this:
        yield scope.fault(
            ("metadata", "name"),
            f"{this.kind} `{this.name}` is written twice",
            related=[Related(first, ("metadata", "name"), "the same object")],
            help="the one that is applied last replaces the other",
        )


def _folder(resource: Resource) -> str:
    return resource.origin.path.rpartition("/")[0]
