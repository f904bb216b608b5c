"""See argo_events_enabled_scale.md."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from kguard.facts.argo.config import ControllerConfig
from kguard.facts.argo.controller import argo_version
from kguard.model import Fault, Unknown
from kguard.policies.controller._absent import may_be_set
from kguard.policy.context import Context

_WORKFLOW_EVENTS_SINCE = (3, 6)


def check(config: ControllerConfig, ctx: Context) -> Iterator[Fault | Unknown]:
    """Yield one fault for the kinds of events that are on."""
    version = argo_version(ctx.facts, config.resource)
    kinds = ["nodeEvents"]
    if version is None or version >= _WORKFLOW_EVENTS_SINCE:
        kinds.append("workflowEvents")
    if (reason := may_be_set(config)) and any(config.get(key) is None for key in kinds):
        yield ctx.unknown(reason)
        return
    on = [
        key
        for key in kinds
        if isinstance(config.get(key, default={}), Mapping)
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
