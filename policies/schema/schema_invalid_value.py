"""See schema_invalid_value.md."""

from __future__ import annotations

from collections.abc import Iterator

from kguard.facts.schema.structure import WrongValue
from kguard.model import Fault, named_route
from kguard.policy.context import Context


def check(value: WrongValue, ctx: Context) -> Iterator[Fault]:
    """Yield a fault for a value that the field does not take."""
    named = value.keys if value.of is None else value.of
    called = named_route(value.resource.data, named)
    yield value.fault(value.keys, f"`{called}` {value.wrong}", help=value.help, at_key=value.at_key)
