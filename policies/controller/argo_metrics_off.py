"""See argo_metrics_off.md."""

from __future__ import annotations

from collections.abc import Iterator

from kguard.facts.argo.config import ControllerConfig
from kguard.model import Fault
from kguard.policy.context import Context


def check(config: ControllerConfig, ctx: Context) -> Iterator[Fault]:
    """Yield a fault where the controller's metrics are switched off."""
    if config.get("metricsConfig", "enabled") is False:
        yield config.fault(
            ("metricsConfig", "enabled"),
            "the controller reports no metrics: nobody sees it fall behind",
            help="metrics are on by default",
        )
