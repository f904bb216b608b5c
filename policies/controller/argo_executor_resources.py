"""See argo_executor_resources.md."""

from __future__ import annotations

from collections.abc import Iterator

from kguard.facts.argo.config import ControllerConfig
from kguard.model import Fault, Unknown, dig
from kguard.policies.controller._absent import may_be_set
from kguard.policy.context import Context


def check(config: ControllerConfig, ctx: Context) -> Iterator[Fault | Unknown]:
    """Yield a fault where Argo's own containers get no requests."""
    resources = config.get("executor", "resources")
    ranges = ctx.index.in_unit(config.resource, "", "LimitRange")
    if dig(resources, "requests") or dig(resources, "limits") or ranges:
        return
    if reason := may_be_set(config):
        yield ctx.unknown(reason)
        return
    yield config.fault(
        ("executor", "resources"),
        "`executor.resources` is not set: Argo's own containers in every pod have none",
        help="documented amounts are requests of 100m and 64Mi, limits of 500m and 512Mi",
    )
