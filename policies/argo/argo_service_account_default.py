"""See argo_service_account_default.md."""

from __future__ import annotations

from collections.abc import Iterator

from kguard.facts.argo.accounts import accounts, may_report
from kguard.facts.argo.workflow import Workflow
from kguard.model import Fault, Unknown
from kguard.policies.argo._unseen import not_seen, unless_default
from kguard.policy.context import ERROR, NOTE, Context


def check(workflow: Workflow, ctx: Context) -> Iterator[Fault | Unknown]:
    """Yield a fault for pods that run as `default`, or as whom they cannot report."""
    if not workflow.answers:
        return
    if not workflow.complete:
        yield ctx.unknown(not_seen(workflow))
        return
    used = list(accounts(ctx.facts, workflow))
    refused: set[str] = set()
    # What one chart binds to an account is seldom all that is bound to it.
    for each in used if ctx.index.is_world(workflow.resource) else ():
        name = "" if each.reports is None else each.reports or "default"
        if name in ("", *refused) or may_report(ctx.facts, workflow.resource, name) is not False:
            continue
        refused.add(name)
        yield each.place.fault(
            each.keys,
            f"service account `{name}` may not create and patch workflowtaskresults",
            severity=ERROR,
            help="its pods cannot report what they have done, and the steps end in Error",
        )
    if not refused and any(each.pod in ("", "default") for each in used):
        yield workflow.fault(
            ("serviceAccountName",),
            "pods run as the service account `default`",
            **unless_default(workflow, ctx, NOTE, "whatever it may do, every pod beside them may"),
        )
