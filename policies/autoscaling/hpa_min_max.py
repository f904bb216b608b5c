"""See hpa_min_max.md."""

from __future__ import annotations

from collections.abc import Iterator

from kguard.facts.autoscaling import Autoscaler
from kguard.model import Fault, Related
from kguard.policy.context import Context


def check(scaler: Autoscaler, ctx: Context) -> Iterator[Fault]:
    """Yield a fault for bounds that contradict each other."""
    least, most = scaler.least, scaler.most
    least_key, most_key = scaler.least_keys[1], scaler.most_keys[1]
    refuses = "KEDA refuses it" if scaler.keda else "the API server refuses it"
    # KEDA takes a written minimum of zero for one, which is what its HPA gets.
    one = not scaler.keda or scaler.get(*scaler.least_keys) is not None
    if most is not None and most < 1 and one:
        yield scaler.fault(scaler.most_keys, f"`{most_key}: {most}` is less than 1", help=refuses)
    elif least is not None and most is not None and most < least:
        written = scaler.get(*scaler.most_keys) is not None
        by_default = "" if written else " by default"
        yield scaler.fault(
            scaler.most_keys if written else scaler.least_keys,
            f"`{most_key}` is {most}{by_default}, less than `{least_key}: {least}`",
            related=[Related(scaler.resource, scaler.least_keys, "the minimum")] if written else [],
            help=refuses,
        )
    yield from _idle(scaler)


def _idle(scaler: Autoscaler) -> Iterator[Fault]:
    """KEDA's idle count, which it has instead of the minimum while nothing happens."""
    idle, least = scaler.idle, scaler.least
    if idle is None or least is None:
        return
    if scaler.get(*scaler.least_keys) is not None:
        least = max(least, 1)
    if idle >= least:
        yield scaler.fault(
            ("spec", "idleReplicaCount"),
            f"`idleReplicaCount: {idle}` is not less than `minReplicaCount`, "
            f"which counts as {least}",
            help="KEDA refuses it",
        )
