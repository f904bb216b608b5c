"""See quantity_invalid.md."""

from __future__ import annotations

from collections.abc import Iterator

from kguard.facts.quantities import QuantityField
from kguard.model import Fault
from kguard.policy.context import Context
from kguard.quantity.quantities import QuantityError, parse_quantity


def check(field: QuantityField, ctx: Context) -> Iterator[Fault]:
    """Yield a fault for a value that the API server would refuse."""
    try:
        value = parse_quantity(field.text)
    except QuantityError as error:
        if field.unknown:
            return
        meant = f"did you mean `{error.suggestion}`?" if error.suggestion else ""
        reason = str(error).removesuffix(" is no quantity")
        yield field.fault((field.key,), f"{field.called} is no quantity: {reason}", help=meant)
        return
    if value.numerator < 0:  # Comparing a fraction takes five times as long.
        yield field.fault((field.key,), f"{field.called} is negative: `{field.text}`")
