"""See hpa_min_zero.md."""

from __future__ import annotations

from collections.abc import Iterator

from kguard.facts.autoscaling import Autoscaler
from kguard.model import Confidence, Edit, Fault, Fix
from kguard.policy.context import Context

_OUTSIDE = frozenset({"Object", "External"})
"""Metrics that are there when no pod is."""


def check(scaler: Autoscaler, ctx: Context) -> Iterator[Fault]:
    """Yield a fault for a minimum of zero that the API server refuses."""
    least = scaler.least
    if least is None or least > 0:
        return
    gate_off = ctx.assume.kube < (1, 37)
    types = scaler.metric_types
    if least < 0:
        why = "is less than 0"
    elif types is not None and not types & _OUTSIDE:
        why = "needs a metric of type `Object` or `External`"
    elif gate_off:
        why = "needs Kubernetes 1.37, or the feature gate `HPAScaleToZero`"
    else:
        return
    yield scaler.fault(
        scaler.least_keys,
        f"`minReplicas: {least}` {why}",
        confidence=Confidence.MEDIUM if why.endswith("`HPAScaleToZero`") else None,
        help="the API server refuses it",
        fix=Fix((Edit(scaler.least_keys, 1),), safe=False, title="set `minReplicas: 1`"),
    )
