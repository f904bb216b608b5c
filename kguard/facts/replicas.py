"""How many pods a workload has: as written, at least and at most, with its autoscalers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from kguard.model import Resource, dig
from kguard.record import record

# Kinds whose number of pods no field says: one a node, one a run, as traffic demands, none.
_UNCOUNTED = frozenset(
    {
        ("apps", "DaemonSet"),
        ("extensions", "DaemonSet"),
        ("batch", "Job"),
        ("batch", "CronJob"),
        ("keda.sh", "ScaledJob"),
        ("serving.knative.dev", "Service"),
        ("", "PodTemplate"),
    }
)


_CONFIG = ("apps.openshift.io", "DeploymentConfig")


@record
class Replicas:
    """Replica counts of a workload; None where a count cannot be known.

    `written` is spec.replicas or None where it is absent; `floor` and `ceiling` are what
    autoscalers allow, else the written count, else 1 (apps/v1 defaults.go; 0 for a
    DeploymentConfig, whose `replicas` is a plain integer in openshift/api apps/v1). `assumed` marks
    that default: with an autoscaler that was not seen the count is another.
    """

    written: int | None
    floor: int | None
    ceiling: int | None
    assumed: bool = False


def replicas_of(workload: Resource, autoscalers: Sequence[Resource] = ()) -> Replicas:
    """The counts of a workload under the autoscalers that target it.

    HPA: minReplicas default 1 (autoscaling/v2 defaults.go). KEDA: minReplicaCount default 0, and
    0 only means that it sleeps, so the floor while it works is 1; maxReplicaCount default 100.
    """
    if (workload.group, workload.kind) in _UNCOUNTED:
        return Replicas(None, None, None)
    if (workload.group, workload.kind) == ("", "Pod"):
        return Replicas(None, 1, 1)
    config = (workload.group, workload.kind) == _CONFIG
    if config and dig(workload.data, "spec", "test") not in (None, False):
        return Replicas(None, None, None)  # It runs pods only while it is tried out.
    raw = dig(workload.data, "spec", "replicas")
    written = raw if is_count(raw) else None
    unknown = raw is not None and written is None
    if not autoscalers:
        default = 0 if config else 1
        count = None if unknown else default if written is None else written
        return Replicas(written, count, count, assumed=raw is None)
    lows: list[Any] = []
    highs: list[Any] = []
    for scaler in autoscalers:
        keda = scaler.group == "keda.sh"
        low = dig(scaler.data, "spec", "minReplicaCount" if keda else "minReplicas", default=1)
        high = dig(scaler.data, "spec", "maxReplicaCount" if keda else "maxReplicas", default=100)
        lows.append(max(low, 1) if keda and is_count(low) else low)
        highs.append(high)
    # Of a minimum that is filled in later the maximum says nothing, and the other way round.
    floor = min(lows) if all(map(is_count, lows)) else None
    ceiling = max(highs) if all(map(is_count, highs)) else None
    return Replicas(written, floor, ceiling)


def is_count(value: Any) -> bool:
    """Whether a value is a number of pods, or of seconds: whole, and none below 0."""
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0
