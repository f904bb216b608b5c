"""See hpa_min_one.md."""

from __future__ import annotations

from collections.abc import Iterator

from kguard.facts.autoscaling import Autoscaler
from kguard.model import Fault
from kguard.policy.context import Context


def check(scaler: Autoscaler, ctx: Context) -> Iterator[Fault]:
    """Yield a fault for an autoscaler that goes down to fewer replicas than the minimum wanted."""
    least, wanted = scaler.least, ctx.params["min"]
    # At zero the workload is meant to sleep; at a fixed size hpa-fixed-size has spoken.
    if least is None or not 0 < least < wanted or least == scaler.most:
        return
    pods = "1 pod" if least == 1 else f"{least} pods"
    by_default = "" if scaler.get(*scaler.least_keys) is not None else " by default"
    yield scaler.fault(
        scaler.least_keys,
        f"`{scaler.resource.name}` scales down to {pods}{by_default}",
        help="when its node fails nothing serves until another pod is ready"
        if least == 1
        else f"fewer than the {wanted} wanted here",
    )
