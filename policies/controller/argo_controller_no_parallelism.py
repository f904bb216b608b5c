"""See argo_controller_no_parallelism.md."""

from __future__ import annotations

from collections.abc import Iterator

from kguard.facts.argo.config import ControllerConfig
from kguard.model import Fault, Unknown
from kguard.policies.controller._absent import may_be_set
from kguard.policy.context import Context


def check(config: ControllerConfig, ctx: Context) -> Iterator[Fault | Unknown]:
    """Yield a fault for a controller that starts every workflow at once."""
    limits = [config.get(key) for key in ("parallelism", "namespaceParallelism")]
    # 0 is what Go reads where nothing is written: no limit.
    if any(limit is not None and limit != 0 for limit in limits):
        return
    if reason := may_be_set(config):
        yield ctx.unknown(reason)
        return
    yield config.fault(
        ("parallelism",),
        "neither `parallelism` nor `namespaceParallelism`: every workflow starts at once",
        help="a burst of them holds up the API server, the controller and all other workflows",
    )
