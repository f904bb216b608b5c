"""See hpa_fixed_size.md."""

from __future__ import annotations

from collections.abc import Iterator

from kguard.facts.autoscaling import Autoscaler
from kguard.model import Fault, Related
from kguard.policy.context import Context


def check(scaler: Autoscaler, ctx: Context) -> Iterator[Fault]:
    """Yield a fault for an autoscaler that allows one number of replicas only."""
    least, most = scaler.least, scaler.most
    if most is None or least != most or most < 1:
        return
    written = scaler.get(*scaler.least_keys) is not None
    yield scaler.fault(
        scaler.most_keys,
        f"`maxReplicas: {most}` equals "
        + ("`minReplicas`" if written else "the default of `minReplicas`")
        + ", so nothing ever scales",
        related=[Related(scaler.resource, scaler.least_keys, "the minimum")] if written else [],
        help=f"the autoscaler only holds the workload at {most}, whatever the load",
    )
