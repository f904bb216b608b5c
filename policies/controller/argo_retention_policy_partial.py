"""See argo_retention_policy_partial.md."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from kguard.facts.argo.config import ControllerConfig
from kguard.model import Fault
from kguard.policy.context import Context


def check(config: ControllerConfig, ctx: Context) -> Iterator[Fault]:
    """Yield a fault for each kind of finished workflow of which none is kept."""
    if not isinstance(config.get("retentionPolicy"), Mapping):
        return
    for key in ("completed", "failed", "errored"):
        kept = config.get("retentionPolicy", key)
        if kept is None:
            message = f"`retentionPolicy` says nothing of `{key}`, which keeps none of them"
        elif kept == 0 and not isinstance(kept, bool):
            message = f"`retentionPolicy` keeps no `{key}` workflow"
        else:
            continue
        yield config.fault(
            ("retentionPolicy", key),
            message,
            help="they are deleted as soon as they end, whatever their own ttlStrategy says",
        )
