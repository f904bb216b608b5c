"""See drone_stage_limits_forbidden.md."""

from __future__ import annotations

from collections.abc import Iterator

from kguard.facts.drone.pipeline import Amount, AmountError, Use, parse_memory, parse_millicores
from kguard.model import Fault
from kguard.policy.context import Context


def check(amount: Amount, ctx: Context) -> Iterator[Fault]:
    """Yield a fault for a limit that stands at the pipeline."""
    if amount.use is not Use.REFUSED:
        return
    try:
        # What is read as zero counts as not set; what cannot be read, or is filled in later, is
        # another fault or none.
        set_to = (parse_millicores if amount.key == "cpu" else parse_memory)(amount.value)
    except AmountError:
        return
    if set_to:
        yield amount.fault(
            (amount.key,),
            f"{amount.called} is refused by the runner, and every build fails",
            help="limits belong to steps: write it under `resources.limits` of each that needs it",
        )
