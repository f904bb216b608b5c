"""See hpa_duplicate_target.md."""

from __future__ import annotations

from collections.abc import Iterator

from kguard.facts.autoscaling import paused
from kguard.facts.keda import same_autoscaler
from kguard.facts.order import precedes
from kguard.facts.scaletargets import ScaleTarget
from kguard.model import Confidence, Fault, Related
from kguard.policy.context import NOTE, Context


def check(target: ScaleTarget, ctx: Context) -> Iterator[Fault]:
    """Yield a fault for each earlier autoscaler of the same target, once per pair."""
    this = target.resource
    if paused(this):
        return
    for other in ctx.index.autoscalers_on(this, target.group, target.kind, target.name):
        if paused(other) or same_autoscaler(this, other):
            continue
        if not precedes(other, this):
            continue
        together = other.origin.path == this.origin.path or ctx.index.is_complete(this)
        yield target.fault(
            ("name",),
            f"{target.called} is scaled by {other.kind} `{other.name}` too",
            # Files of one folder may be alternatives, of which only one is applied.
            severity=None if together else NOTE,
            confidence=None if together else Confidence.MEDIUM,
            related=[Related(other, ("spec", "scaleTargetRef"), "the other autoscaler")],
            help="each undoes what the other does; put all metrics into one of them"
            if together
            else "where both are applied, neither works: put all metrics into one of them",
        )
