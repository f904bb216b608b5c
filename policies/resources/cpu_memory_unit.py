"""See cpu_memory_unit.md."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

from kguard.facts.pods import Amount, Container
from kguard.model import Fault
from kguard.policy.context import Context
from kguard.quantity.quantities import rough, suffix_of

_SMALL = {"", "m", "u", "n"}
_USUAL = "m0123456789"
"""What no unit of memory ends in."""
_THOUSANDTHS = 50
"""What people's thousandths of a core are multiples of, as the cores of machines are not."""
_LEAST_FOR_CORE = 32 * 2**20
"""Bytes: machines have a GiB and more for each core, and nobody asks for fifty with less."""
_HELP = "cpu is counted in cores and thousandths of one; did you mean `%sm`?"


def check(container: Container, ctx: Context) -> Iterator[Fault]:
    """Yield a fault for each cpu amount in a unit of memory or beyond any machine."""
    for section in ("requests", "limits"):
        amount = container.amount(section, "cpu")
        if amount is None or amount.value is None:
            continue
        text, value = amount.text, amount.value
        # Nearly all are like that: neither the suffix nor the exact fraction has to be looked at.
        if str(text)[-1:] in _USUAL and rough(value) < ctx.params["max_cpu"]:
            memory = _too_little_memory(container, section, value)
            if memory is not None:
                yield container.fault(
                    ("resources", section, "cpu"),
                    f"cpu {section[:-1]} `{text}` of {container.called} is {value} cores beside "
                    f"`{memory.text}` of memory",
                    help=_HELP % value,
                )
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
            help=_HELP % meant,
        )


def _too_little_memory(container: Container, section: str, cores: Fraction) -> Amount | None:
    """The memory of a container, where it is too little for cores that were meant as thousandths.

    Only what is requested counts: a limit may be so high that it is none.
    """
    if cores.numerator < _THOUSANDTHS or cores.denominator != 1 or cores % _THOUSANDTHS:
        return None
    if section == "limits" and container.amount("requests", "cpu") is not None:
        return None
    memory = container.amount("requests", "memory") or container.amount("limits", "memory")
    if memory is None or not memory.value or memory.value >= cores * _LEAST_FOR_CORE:
        return None
    return memory
