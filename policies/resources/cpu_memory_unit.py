"""See cpu_memory_unit.md."""

from __future__ import annotations

from collections.abc import Iterator

from kguard.facts.pods import Container
from kguard.model import Fault
from kguard.policy.context import Context
from kguard.quantity.quantities import rough, suffix_of

_SMALL = {"", "m", "u", "n"}
_USUAL = "m0123456789"
"""What no unit of memory ends in."""


def check(container: Container, ctx: Context) -> Iterator[Fault]:
    """Yield a fault for each cpu amount in a unit of memory or beyond any machine."""
    for section in ("requests", "limits"):
        amount = container.amount(section, "cpu")
        if amount is None or amount.value is None:
            continue
        text, value = amount.text, amount.value
        # Nearly all are like that: neither the suffix nor the exact fraction has to be looked at.
        if str(text)[-1:] in _USUAL and rough(value) < ctx.params["max_cpu"]:
            continue
        suffix = suffix_of(text)
        memory_unit = suffix not in _SMALL and suffix[0] not in "eE0123456789"
        if not memory_unit and value <= ctx.params["max_cpu"]:
            continue
        cores = f"{rough(value):,.0f}"
        meant = str(text)[: -len(suffix)] if memory_unit else str(text)
        yield container.fault(
            ("resources", section, "cpu"),
            f"cpu {section.rstrip('s')} `{text}` of {container.called} is {cores} cores",
            help=f"cpu is counted in cores and thousandths of one; did you mean `{meant}m`?",
        )
