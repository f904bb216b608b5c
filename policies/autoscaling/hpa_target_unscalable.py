"""See hpa_target_unscalable.md."""

from __future__ import annotations

from collections.abc import Iterator

from kguard.facts.scaletargets import SCALABLE, UNSCALABLE, ScaleTarget
from kguard.model import Fault
from kguard.policy.context import Context
from kguard.words import nearest

_INSTEAD = {
    "DaemonSet": "a DaemonSet runs one pod per node; more load needs more nodes or a Deployment",
    "Job": "a Job runs `parallelism` pods; KEDA's ScaledJob makes Jobs as work comes in",
    "CronJob": "its schedule starts the pods; KEDA's ScaledJob makes Jobs as work comes in",
    "Pod": "a Pod is always one; a Deployment makes as many as the autoscaler asks for",
}


def check(target: ScaleTarget, ctx: Context) -> Iterator[Fault]:
    """Yield a fault for a target of a kind whose number of pods nothing can set."""
    if target.kind in UNSCALABLE and target.dotless:
        yield target.fault(
            ("kind",),
            f"{target.called} cannot be scaled: the kind has no scale subresource",
            help=_INSTEAD[target.kind],
        )
    elif target.unheard_of:
        yield target.fault(
            ("kind",),
            f"Kubernetes has no kind `{target.kind}`{nearest(target.kind, SCALABLE)}",
            help="the autoscaler does not find its target and does nothing",
        )
