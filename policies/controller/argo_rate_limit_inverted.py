"""See argo_rate_limit_inverted.md."""

from __future__ import annotations

from collections.abc import Iterator

from kguard.facts.argo.config import ControllerConfig
from kguard.model import Fault
from kguard.policy.context import Context


def check(config: ControllerConfig, ctx: Context) -> Iterator[Fault]:
    """Yield a fault for a rate that its bucket does not hold."""
    limit = config.get("resourceRateLimit", "limit")
    burst = config.get("resourceRateLimit", "burst")
    if type(burst) is int and type(limit) in (int, float) and 0 < burst < limit:
        yield config.fault(
            ("resourceRateLimit", "burst"),
            f"`burst: {burst}` is less than `limit: {limit}`: not a second's worth of pods",
            help="`burst` is the pods that may be created at once; were the two exchanged?",
        )
