"""See hpa_replicas_conflict.md."""

from __future__ import annotations

from collections.abc import Iterator

from kguard.facts.autoscaling import paused
from kguard.facts.workloads import Workload
from kguard.model import REMOVE, Edit, Fault, Fix, Related, Resource, Unknown
from kguard.policy.context import Context

# Unsafe: the first apply without the field sets the default of one pod, where the one before had
# it among the fields it owns (kubernetes.io, Horizontal Pod Autoscaling, "Migrating Deployments
# and StatefulSets to horizontal autoscaling").
_LEFT_OUT = Fix((Edit(("spec", "replicas"), REMOVE),), safe=False, title="remove `replicas`")


def check(workload: Workload, ctx: Context) -> Iterator[Fault | Unknown]:
    """Yield a fault for replicas that an apply would set back against an autoscaler."""
    count = workload.replicas
    if count.written is None or count.written == count.floor == count.ceiling:
        return
    if _exported(workload):
        return
    scaler = next((s for s in workload.autoscalers if not paused(s)), None)
    if scaler is None:
        return
    if len(ctx.index.target_of(scaler)) > 1:
        yield ctx.unknown("several objects have the name that the autoscaler targets")
        return
    off = count.written == 0 and scaler.group == "autoscaling"
    # An HPA whose minimum is zero scales from zero too (reconcileAutoscaler).
    off = off and bool(ctx.facts.autoscaler(scaler).least)
    yield workload.fault(
        ("spec", "replicas"),
        f"`replicas` of {workload.called} is set by {_called(scaler)} too",
        related=[Related(scaler, ("spec", "scaleTargetRef"), "scales the same workload")],
        help="0 switches the autoscaler off"
        if off
        else f"each apply sets the number of pods back to {count.written}",
        fix=None if off else _LEFT_OUT,
    )


def _called(scaler: Resource) -> str:
    return f"{scaler.kind} `{scaler.name}`"


def _exported(workload: Workload) -> bool:
    """Whether this is an object as a cluster returned it: the API server gave it these fields."""
    return any(workload.get("metadata", key) is not None for key in ("uid", "resourceVersion"))
