"""See drone_cpu_unit.md."""

from __future__ import annotations

from collections.abc import Iterator

from kguard.facts.drone.pipeline import Amount, AmountError, Use, parse_millicores
from kguard.model import Confidence, Edit, Fault, Fix
from kguard.policies.drone._refused import refused
from kguard.policy.context import WARNING, Context


def check(amount: Amount, ctx: Context) -> Iterator[Fault]:
    """Yield a fault for a cpu amount that is not, or not plausibly, in millicores."""
    if amount.key != "cpu" or amount.unknown:
        return
    try:
        millicores = parse_millicores(amount.value)
    except AmountError as error:
        fix = _meant(amount, int(error.suggestion), safe=True) if error.suggestion else None
        help = "cpu is a number of millicores without quotes or unit"
        yield refused(amount, error, help, fix)
        return
    if amount.use is not Use.APPLIED:
        return
    likely = 0 < amount.value < ctx.params["likely_cores"]
    cores = round(amount.value * 1000)
    meant = "cpu is counted in millicores" + (f"; did you mean `{cores}`?" if likely else "")
    if millicores != amount.value:
        unset = "" if millicores else ", which counts as not set"
        message = f"{amount.called} is cut off to {millicores} millicores{unset}"
        fix = _meant(amount, cores) if likely else None
        yield amount.fault(("cpu",), message, help=meant, fix=fix)
    elif likely:
        yield amount.fault(
            ("cpu",),
            f"{amount.called} is {millicores / 1000:g} of a core",
            severity=WARNING,
            confidence=Confidence.MEDIUM,
            help=meant,
            fix=_meant(amount, cores),
        )


def _meant(amount: Amount, millicores: int, *, safe: bool = False) -> Fix | None:
    """The number that was likely meant.

    Safe only where no build starts from what is written: others may wait for a node that has as
    much, or be slowed down.
    """
    if amount.embedded:
        return None
    edit = Edit(amount.at("cpu"), millicores)
    return Fix((edit,), safe=safe, title=f"write `{millicores}`")
