"""See argo_podgc_no_strategy.md."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from kguard.facts.argo.workflow import Workflow
from kguard.model import Fault, Unknown
from kguard.policies.argo._unseen import not_seen, unless_default
from kguard.policy.context import ERROR, Context

_HELP = "finished pods are only labelled; `OnPodCompletion` deletes them"


def check(workflow: Workflow, ctx: Context) -> Iterator[Fault | Unknown]:
    """Yield a fault for a podGC that is written and deletes nothing."""
    if workflow.library or not isinstance(workflow.get("podGC"), Mapping):
        return
    if workflow.value("podGC", "strategy") is not None:
        return
    if not workflow.complete:
        yield ctx.unknown(not_seen(workflow))
        return
    yield workflow.fault(
        ("podGC", "strategy"),
        "`podGC` has no `strategy`: no pod is deleted",
        **unless_default(workflow, ctx, ERROR, _HELP),
    )
