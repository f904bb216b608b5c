"""See drone_cpu_unit.md."""

from __future__ import annotations

from collections.abc import Iterator

from kguard.facts.drone import Amount, AmountError, Use, parse_millicores
from kguard.model import Confidence, Fault
from kguard.policies.drone._refused import refused
from kguard.policy.context import WARNING, Context


def check(amount: Amount, ctx: Context) -> Iterator[Fault]:
    """Yield a fault for a cpu amount that is not, or not plausibly, in millicores."""
    if amount.key != "cpu" or amount.unknown:
        return
    try:
        millicores = parse_millicores(amount.value)
    except AmountError as error:
        yield refused(amount, error, "cpu is a number of millicores without quotes or unit")
        return
    if amount.use is not Use.APPLIED:
        return
    meant = f"cpu is counted in millicores; did you mean `{round(amount.value * 1000)}`?"
    if millicores != amount.value:
        unset = "" if millicores else ", which counts as not set"
        message = f"{amount.called} is cut off to {millicores} millicores{unset}"
        yield amount.fault(("cpu",), message, help=meant)
    elif 0 < millicores < ctx.params["likely_cores"]:
        yield amount.fault(
            ("cpu",),
            f"{amount.called} is {millicores / 1000:g} of a core",
            severity=WARNING,
            confidence=Confidence.MEDIUM,
            help=meant,
        )
