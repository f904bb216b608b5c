"""See argo_events_enabled_scale.md."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from kguard.facts.argo.config import ControllerConfig
from kguard.facts.argo.controller import argo_version
from kguard.model import Fault
from kguard.policy.context import Context

_SINCE = {"nodeEvents": (3, 0), "workflowEvents": (3, 6)}


def check(config: ControllerConfig, ctx: Context) -> Iterator[Fault]:
    """Yield one fault for the kinds of events that are on."""
    version = argo_version(ctx.facts, config.resource)
    on = [
        key
        for key, since in _SINCE.items()
        if (version is None or version >= since)
        and isinstance(config.get(key, default={}), Mapping)
        and config.get(key, "enabled") in (None, True)
    ]
    if not on:
        return
    written = [key for key in on if config.get(key) is not None]
    yield config.fault(
        (*written[:1], *(("enabled",) if written else ())),
        f"{' and '.join(f'`{key}`' for key in on)} {'is' if len(on) == 1 else 'are'} on: "
        "etcd keeps an object for each event",
        help="set `enabled: false` where nobody reads them",
    )
