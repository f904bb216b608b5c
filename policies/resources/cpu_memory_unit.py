"""See cpu_memory_unit.md."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

from kguard.facts.pods import Amount, Container
from kguard.model import Fault
from kguard.policy.context import Context
from kguard.quantity.quantities import rough, suffix_of

_LARGE = "kKMGTPE"
"""What the suffixes of large amounts begin with."""
_THOUSANDTHS = 50
"""What people's thousandths of a core are multiples of, as the cores of machines are not."""
_LEAST_FOR_CORE = 32 * 2**20
"""Bytes: machines have a GiB and more for each core, and nobody asks for fifty with less."""
_HELP = "cpu is counted in cores and thousandths of one"
_MEANT = _HELP + "; did you mean `%sm`?"
_MANY = _HELP + "; no machine has as many"


def check(container: Container, ctx: Context) -> Iterator[Fault]:
    """Yield a fault for each cpu amount in a unit of memory or beyond any machine."""
    most = ctx.params["max_cpu"]
    for section in ("requests", "limits"):
        amount = container.amount(section, "cpu")
        if amount is None or amount.value is None:
            continue
        text, value = amount.text, amount.value
        if rough(value) <= most:  # Exact would take longer, or fail on a `most` that is no integer.
            memory = _too_little_memory(container, section, value)
            if memory is not None:
                yield container.fault(
                    ("resources", section, "cpu"),
                    f"cpu {section[:-1]} `{text}` of {container.called} is {value} cores beside "
                    f"`{memory.text}` of memory",
                    help=_MEANT % value,
                )
            continue
        suffix = suffix_of(text)
        # An exponent or a thousandth does not tell what was meant.
        clear = suffix.removesuffix("i") in _LARGE
        cores = f"{rough(value):,.0f}"
        yield container.fault(
            ("resources", section, "cpu"),
            f"cpu {section.rstrip('s')} `{text}` of {container.called} is {cores} cores",
            help=_MEANT % str(text).removesuffix(suffix) if clear else _MANY,
        )


def _too_little_memory(container: Container, section: str, cores: Fraction) -> Amount | None:
    """The memory of a container, where it is too little for cores that were meant as thousandths.

    Only what is requested counts: a limit may be so high that it is none.
    """
    if cores.numerator < _THOUSANDTHS or cores % _THOUSANDTHS:
        return None
    if section == "limits" and container.amount("requests", "cpu") is not None:
        return None
    memory = container.amount("requests", "memory") or container.amount("limits", "memory")
    if memory is None or not memory.value or memory.value >= cores * _LEAST_FOR_CORE:
        return None
    return memory
