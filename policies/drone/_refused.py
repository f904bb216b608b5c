"""What both policies on units say of an amount the runner cannot read."""

from __future__ import annotations

from kguard.facts.drone.pipeline import Amount, AmountError
from kguard.model import Fault, Fix


def refused(amount: Amount, error: AmountError, write: str, fix: Fix | None = None) -> Fault:
    """The fault of an amount that ends the build; `write` says how it is written."""
    meant = f"; did you mean `{error.suggestion}`?" if error.suggestion else ""
    return amount.fault(
        (amount.key,),
        f"{amount.called} {error}, which the runner refuses",
        help=write + meant,
        fix=fix,
    )
