"""See hpa_target_unscalable.md."""

from __future__ import annotations

from collections.abc import Iterator

from kguard.facts.scaletargets import SCALABLE, UNSCALABLE, ScaleTarget
from kguard.model import Fault
from kguard.policy.context import Context
from kguard.words import closest

_INSTEAD = {
    "DaemonSet": "a DaemonSet runs one pod per node; more load needs more nodes or a Deployment",
    "Job": "a Job runs `parallelism` pods; KEDA's ScaledJob makes Jobs as work comes in",
    "CronJob": "its schedule starts the pods; KEDA's ScaledJob makes Jobs as work comes in",
    "Pod": "a Pod is always one; a Deployment makes as many as the autoscaler asks for",
}

# How alike two kinds have to be: OpenShift's DeploymentConfig is no misspelt Deployment.
_ALIKE = 0.85


def check(target: ScaleTarget, ctx: Context) -> Iterator[Fault]:
    """Yield a fault for a target of a kind whose number of pods nothing can set, or of none."""
    if not target.dotless:
        return
    if target.kind in UNSCALABLE:
        yield target.fault(
            ("kind",),
            f"{target.called} cannot be scaled: the kind has no scale subresource",
            help=_INSTEAD[target.kind],
        )
    elif target.kind not in SCALABLE and (
        meant := closest(target.kind, [*SCALABLE, *UNSCALABLE], cutoff=_ALIKE)
    ):
        yield target.fault(
            ("kind",),
            f"{target.called} cannot be scaled: Kubernetes has no kind of that name",
            help=f"did you mean `{meant[0]}`? Capital letters count",
        )
