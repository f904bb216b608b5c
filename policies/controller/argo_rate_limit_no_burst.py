"""See argo_rate_limit_no_burst.md."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from kguard.facts.argo.config import ControllerConfig
from kguard.model import Fault
from kguard.policy.context import Context


def check(config: ControllerConfig, ctx: Context) -> Iterator[Fault]:
    """Yield a fault where the rate limit lets no pod through, or only the first few."""
    limit = config.get("resourceRateLimit")
    if not isinstance(limit, Mapping):
        return
    empty = [key for key in ("burst", "limit") if config.get("resourceRateLimit", key) in (None, 0)]
    if not empty:
        return
    burst = config.get("resourceRateLimit", "burst")
    shown = [
        f"no `{key}`" if value is None else f"`{key}: {value}`"
        for key in empty
        for value in [config.get("resourceRateLimit", key)]
    ]
    created = (
        "no pod is ever created" if "burst" in empty else f"only {burst} pods are ever created"
    )
    yield config.fault(
        ("resourceRateLimit", *(empty if len(empty) == 1 else ())),
        f"`resourceRateLimit` has {' and '.join(shown)}: {created}",
        help="what is left out counts as 0; set both, such as `limit: 10` and `burst: 25`",
    )
