"""See keda_cpu_only_min_zero.md."""

from __future__ import annotations

from collections.abc import Iterator

from kguard.facts.autoscaling import Autoscaler
from kguard.facts.scaletargets import scale_targets
from kguard.model import Edit, Fault, Fix
from kguard.policy.context import WARNING, Context

_OF_PODS = frozenset({"cpu", "memory"})
"""Triggers that are measured on pods, so that none can wake a workload without pods."""


def check(scaler: Autoscaler, ctx: Context) -> Iterator[Fault]:
    """Yield a fault for a ScaledObject that could scale to zero but never from it."""
    types = scaler.metric_types
    if not types or not types <= _OF_PODS or scaler.least != 0:
        return
    for target in scale_targets(ctx.facts, scaler.resource):
        if (target.group, target.kind) not in (("apps", "Deployment"), ("apps", "StatefulSet")):
            continue
        written = scaler.get(*scaler.least_keys) is not None
        yield scaler.fault(
            scaler.least_keys,
            f"`minReplicaCount` is 0{'' if written else ' by default'}, and all triggers are "
            + " and ".join(f"`{word}`" for word in sorted(types)),
            severity=None if written else WARNING,
            help="KEDA refuses it: without a pod there is no usage that could start one",
            fix=Fix((Edit(scaler.least_keys, 1),), safe=False, title="set `minReplicaCount: 1`"),
        )
