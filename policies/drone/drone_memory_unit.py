"""See drone_memory_unit.md."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

from kguard.facts.drone.pipeline import Amount, AmountError, Use, parse_memory
from kguard.facts.quantities import few_bytes
from kguard.model import Fault
from kguard.policies.drone._refused import refused
from kguard.policy.context import WARNING, Context


def check(amount: Amount, ctx: Context) -> Iterator[Fault]:
    """Yield a fault for a memory amount that the runner reads otherwise than it looks."""
    if amount.key != "memory" or amount.unknown:
        return
    try:
        size = parse_memory(amount.value)
    except AmountError as error:
        yield refused(amount, error, "write a number of bytes, or one with `MiB` or `GiB`")
        return
    if amount.use is not Use.APPLIED or not amount.value:
        return
    if 0 <= size < ctx.params["min_bytes"]:
        bare = str(amount.value).replace(".", "").isdecimal()
        yield amount.fault(
            ("memory",),
            f"{amount.called} is {few_bytes(Fraction(size))}",
            help="a number without a unit counts bytes"
            if bare
            else "the runner requests at least 4 MiB for every container",
        )
    elif str(amount.value).endswith("m"):
        yield amount.fault(
            ("memory",),
            f"{amount.called} is {size // 2**20} MiB here",
            severity=WARNING,
            help="in Kubernetes `m` is a thousandth of a byte; `MiB` is read alike by both",
        )
