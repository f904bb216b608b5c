"""See string_field_not_string.md."""

from __future__ import annotations

from collections.abc import Iterator

from kguard.facts.schema.structure import WrongString
from kguard.facts.schema.values import why_quotes
from kguard.model import Fault, named_route
from kguard.policy.context import Context


def check(field: WrongString, ctx: Context) -> Iterator[Fault]:
    """Yield a fault for a boolean or a number where Kubernetes takes only a string."""
    boolean = isinstance(field.value, bool)
    read = str(field.value).lower()
    yield field.fault(
        field.keys,
        f"`{named_route(field.resource.data, field.keys)}` is the "
        f"{'boolean' if boolean else 'number'} `{read}`, and only a string can stand there",
        help="Kubernetes refuses the object; quotes make it a string"
        + why_quotes(field.value, field.keys),
    )
