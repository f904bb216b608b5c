"""See argo_executor_resources.md."""

from __future__ import annotations

from collections.abc import Iterator

from kguard.facts.argo.config import ControllerConfig
from kguard.model import Fault, dig
from kguard.policy.context import Context


def check(config: ControllerConfig, ctx: Context) -> Iterator[Fault]:
    """Yield a fault where Argo's own containers get no requests."""
    if any(each.route[-1] in ("config", "executor") for each in config.unparsed):
        return
    resources = config.get("executor", "resources")
    ranges = ctx.index.in_unit(config.resource, "", "LimitRange")
    if dig(resources, "requests") or dig(resources, "limits") or ranges:
        return
    yield config.fault(
        ("executor", "resources"),
        "`executor.resources` is not set: Argo's own containers in every pod have none",
        help="documented amounts are requests of 100m and 64Mi, limits of 500m and 512Mi",
    )
