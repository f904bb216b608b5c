"""See schema_missing_field.md."""

from __future__ import annotations

from collections.abc import Iterator

from kguard.facts.schema.structure import MissingField
from kguard.model import Fault, named_route
from kguard.policy.context import Context


def check(field: MissingField, ctx: Context) -> Iterator[Fault]:
    """Yield a fault for a required field that is not there."""
    route = named_route(field.resource.data, field.route)
    here = f"`{route}`" if route else f"the {field.resource.kind}"
    yield field.fault(
        (field.key,),
        f"{here} has no `{field.key}`",
        help="Kubernetes refuses the object without it",
    )
