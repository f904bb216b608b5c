"""See grace_exceeds_autoscaler.md."""

from __future__ import annotations

from collections.abc import Iterator

from kguard.facts.pods import Pod
from kguard.model import Fault
from kguard.policy.context import Context

_EVICTABLE = "cluster-autoscaler.kubernetes.io/safe-to-evict"


def check(pod: Pod, ctx: Context) -> Iterator[Fault]:
    """Yield a fault for a grace period that the cluster autoscaler does not wait for."""
    most = ctx.params["ca_max"]
    if pod.grace is None or pod.grace <= most:
        return
    if pod.template.get("metadata", "annotations", _EVICTABLE) in ("false", False):
        return  # The autoscaler leaves its node alone.
    yield pod.fault(
        ("terminationGracePeriodSeconds",),
        f"a grace period of {pod.grace} s is longer than the {most} s the cluster autoscaler waits",
        help="where it removes a node, it kills the pod after that time",
    )
