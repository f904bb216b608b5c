"""See argo_suspend_unbounded.md."""

from __future__ import annotations

from collections.abc import Iterator

from kguard.facts.argo.templates import Template
from kguard.model import Fault, Unknown
from kguard.policies.argo._unseen import not_seen, unless_default
from kguard.policy.context import NOTE, Context

_HELP = "meanwhile the workflow holds its locks and its share of parallelism"


def check(template: Template, ctx: Context) -> Iterator[Fault | Unknown]:
    """Yield a fault for a suspension that nothing but a person ends."""
    workflow = template.workflow
    if template.kind != "suspend" or template.value("suspend", "duration") is not None:
        return
    if workflow.library or template.value("timeout") is not None:
        return
    if workflow.value("activeDeadlineSeconds") is not None:
        return
    if not workflow.complete:
        yield ctx.unknown(not_seen(workflow))
        return
    yield template.fault(
        ("suspend",),
        f"{template.called} suspends the workflow until somebody resumes it",
        **unless_default(workflow, ctx, NOTE, _HELP),
    )
