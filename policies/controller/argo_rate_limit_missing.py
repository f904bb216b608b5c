"""See argo_rate_limit_missing.md."""

from __future__ import annotations

from collections.abc import Iterator

from kguard.facts.argo.config import ControllerConfig
from kguard.model import Fault, Unknown
from kguard.policies.controller._absent import may_be_set
from kguard.policy.context import Context


def check(config: ControllerConfig, ctx: Context) -> Iterator[Fault | Unknown]:
    """Yield a fault for a controller that creates pods at any rate."""
    if config.get("resourceRateLimit") is not None:
        return
    if reason := may_be_set(config):
        yield ctx.unknown(reason)
        return
    yield config.fault(
        ("resourceRateLimit",),
        "no `resourceRateLimit`: pods are created as fast as the API server takes them",
        help="`limit: 10` and `burst: 25` are what the documentation shows; write both",
    )
