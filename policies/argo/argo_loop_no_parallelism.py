"""See argo_loop_no_parallelism.md."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from kguard.facts.argo.templates import Call, Template, target_of
from kguard.facts.forecast.forecast import expected_items
from kguard.model import Fault, Unknown
from kguard.policies.argo._unseen import not_seen, unless_default
from kguard.policy.context import NOTE, WARNING, Context

_HELP = "`parallelism` of this template or of the workflow holds the others back"
_NO_PODS = ("suspend", "http", "plugin")


def check(call: Call, ctx: Context) -> Iterator[Fault | Unknown]:
    """Yield a fault for a loop that starts all its pods at once."""
    loop, workflow = call.loop, call.template.workflow
    if loop is None:
        return
    count = loop.count if loop.count is not None else expected_items(workflow) or None
    large = loop.dynamic if count is None else count > ctx.params["max_items"]
    if not large:
        return
    limits = (_limit(call.template), workflow.value("parallelism"))
    target = target_of(ctx.facts, call).template
    if any(limit is not None for limit in limits) or (
        target and (target.kind in _NO_PODS or target.value("synchronization", of=workflow))
    ):
        return
    if not workflow.complete:
        yield ctx.unknown(not_seen(workflow))
        return
    severity, help = WARNING, _HELP
    if workflow.library or target is None:
        severity, help = NOTE, f"{help}; whether a caller does so, or a lock, was not seen"
    elif workflow.config and workflow.config.get("resourceRateLimit") is not None:
        severity, help = NOTE, f"{help}; `resourceRateLimit` only slows them down"
    number = "all items" if count is None else f"{count:,} items"
    if loop.at_most:
        number = f"up to {number}"
    yield call.fault(
        (loop.key,),
        f"{call.called} starts {number} of `{loop.key}` at once: no `parallelism` limits them",
        **unless_default(workflow, ctx, severity, help),
    )


def _limit(template: Template) -> Any:
    """The `parallelism` of a template, None where it is 0 and holds nothing back."""
    limit = template.value("parallelism")
    return None if type(limit) is int and limit <= 0 else limit
