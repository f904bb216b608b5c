"""See argo_pending_unbounded.md."""

from __future__ import annotations

from collections.abc import Iterator

from kguard.facts.argo.templates import Template
from kguard.model import Fault, Unknown
from kguard.policies.argo._unseen import not_seen, unless_default
from kguard.policy.context import NOTE, Context

_HELP = "`timeout` counts from the start of the step, the deadline of a pod once it runs"


def check(template: Template, ctx: Context) -> Iterator[Fault | Unknown]:
    """Yield a fault for a deadline that a pod which is never scheduled does not meet."""
    workflow = template.workflow
    if template.get("activeDeadlineSeconds") is None or not template.runs_pod:
        return
    if any(template.value(key) is not None for key in ("timeout", "pendingTimeout")):
        return
    if workflow.library or workflow.value("activeDeadlineSeconds") is not None:
        return
    if not workflow.complete:
        yield ctx.unknown(not_seen(workflow))
        return
    yield template.fault(
        ("activeDeadlineSeconds",),
        f"`activeDeadlineSeconds` of {template.called} does not end a pod that stays pending",
        **unless_default(workflow, ctx, NOTE, _HELP),
    )
