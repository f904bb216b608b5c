"""See argo_config_ttl_format.md."""

from __future__ import annotations

from collections.abc import Iterator

from kguard.facts.argo.config import ControllerConfig
from kguard.facts.quantities import is_placeholder
from kguard.model import Fault
from kguard.policy.context import Context
from kguard.quantity.durations import DurationError, parse_argo_ttl

_TTLS = (
    ("persistence", "archiveTTL"),
    ("persistence", "connectionPool", "connMaxLifetime"),
    ("synchronization", "connectionPool", "connMaxLifetime"),
    ("metricsConfig", "metricsTTL"),
    ("telemetryConfig", "metricsTTL"),
)


def check(config: ControllerConfig, ctx: Context) -> Iterator[Fault]:
    """Yield a fault for each TTL on which the controller would exit."""
    for keys in _TTLS:
        value = config.get(*keys)
        if value is None or is_placeholder(value):
            continue
        try:
            parse_argo_ttl(value)
        except DurationError as error:
            meant = f"; did you mean `{error.suggestion}`?" if error.suggestion else ""
            yield config.fault(
                keys,
                f"`{'.'.join(keys)}` cannot be read, and the controller exits: {error}",
                help=f"a TTL is a whole number and one of `d`, `h`, `m`, `s`{meant}",
            )
