"""See argo_retry_unbounded.md."""

from __future__ import annotations

from collections.abc import Iterator

from kguard.facts.argo.fields import Retry
from kguard.model import Fault, Unknown
from kguard.policies.argo._unseen import not_seen, unless_default
from kguard.policy.context import ERROR, NOTE, WARNING, Context


def check(retry: Retry, ctx: Context) -> Iterator[Fault | Unknown]:
    """Yield a fault for retries that nothing ends."""
    bounds = (("limit",), ("expression",), ("backoff", "maxDuration"))
    if any(retry.value(*keys) not in (None, "") for keys in bounds):
        return
    workflow = retry.workflow
    if workflow.value("activeDeadlineSeconds") is not None:
        return
    if retry.template is not None and retry.template.value("timeout") is not None:
        return
    if not workflow.complete:
        yield ctx.unknown(not_seen(workflow))
        return
    severity, help = ERROR, "every attempt is another pod and another node in the status"
    if retry.default:
        severity, help = WARNING, f"{help}, unless a workflow has a limit or a deadline of its own"
    elif workflow.library:
        severity, help = NOTE, f"{help}, unless the workflow that runs it has a deadline"
    yield retry.fault(
        ("retryStrategy", "limit"),
        f"retries of {retry.called} have no `limit` and go on until success",
        **unless_default(workflow, ctx, severity, help),
    )
