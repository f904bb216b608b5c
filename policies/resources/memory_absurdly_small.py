"""See memory_absurdly_small.md."""

from __future__ import annotations

from collections.abc import Iterator

from kguard.facts.pods import Container
from kguard.facts.quantities import few_bytes, suffix_meant
from kguard.model import Fault
from kguard.policy.context import ERROR, WARNING, Context
from kguard.quantity.quantities import is_below, parse_quantity


def check(container: Container, ctx: Context) -> Iterator[Fault]:
    """Yield a fault for each memory amount above zero and below `min_memory`."""
    least = parse_quantity(ctx.params["min_memory"])
    for section, severity in (("limits", ERROR), ("requests", WARNING)):
        amount = container.amount(section, "memory")
        value = amount.value if amount else None
        if amount is None or value is None or not is_below(value, least) or value <= 0:
            continue
        text = amount.text
        yield container.fault(
            ("resources", section, "memory"),
            f"memory {section.rstrip('s')} `{text}` of {container.called} is {few_bytes(value)}",
            severity=severity,
            help=suffix_meant(text, section),
        )
