"""See argo_ttl_empty.md."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from kguard.facts.argo.workflow import Workflow
from kguard.model import Fault, Unknown
from kguard.policies.argo._unseen import (
    TTL_FIELDS,
    history_limited,
    kept,
    not_seen,
    ttl_setting,
    unless_default,
    where_set,
)
from kguard.policy.context import ERROR, Context
from kguard.words import closest


def check(workflow: Workflow, ctx: Context) -> Iterator[Fault | Unknown]:
    """Yield a fault for a ttlStrategy that is written and sets no time."""
    setting = ttl_setting(workflow)
    if setting is None or any(setting.value.get(field) is not None for field in TTL_FIELDS):
        return
    if workflow.retention:
        return
    if not workflow.complete:
        yield ctx.unknown(not_seen(workflow))
        return
    yield workflow.fault(
        ("ttlStrategy",),
        f"`ttlStrategy` sets no time: {kept(workflow)}",
        related=where_set(workflow, setting),
        **unless_default(workflow, ctx, history_limited(workflow, ERROR), _help(setting.value)),
    )


def _help(strategy: Mapping[str, Any]) -> str:
    """The way out: the name that was meant, where one is misspelt."""
    for key in strategy:
        if key not in TTL_FIELDS and (meant := closest(key, TTL_FIELDS)):
            return f"`{key}` is no field of it; did you mean `{meant[0]}`?"
    return "one without a time is none; `secondsAfterCompletion: 86400` deletes them after a day"
