"""See argo_ttl_empty.md."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from kguard.facts.argo import Workflow
from kguard.model import Fault, Unknown
from kguard.policies.argo._unseen import history_limited, kept, not_seen, unless_default
from kguard.policy.context import ERROR, Context


def check(workflow: Workflow, ctx: Context) -> Iterator[Fault | Unknown]:
    """Yield a fault for a ttlStrategy that is written and sets no time."""
    if workflow.library or not isinstance(workflow.get("ttlStrategy"), Mapping):
        return
    if any(value is not None for value in workflow.value("ttlStrategy").values()):
        return
    if workflow.retention("all"):
        return
    if not workflow.complete:
        yield ctx.unknown(not_seen(workflow))
        return
    yield workflow.fault(
        ("ttlStrategy",),
        f"`ttlStrategy` sets no time: {kept(workflow)}",
        **unless_default(workflow, ctx, history_limited(workflow, ERROR), "an empty one is none"),
    )
