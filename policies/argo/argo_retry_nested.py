"""See argo_retry_nested.md."""

from __future__ import annotations

from collections.abc import Iterator

from kguard.facts.argo.fields import Retry
from kguard.facts.argo.retries import attempts, attempts_below
from kguard.model import Fault, Related
from kguard.policy.context import Context

_CALLERS = ("steps", "dag")


def check(retry: Retry, ctx: Context) -> Iterator[Fault]:
    """Yield a fault for retries of whole steps or DAGs whose parts are retried as well."""
    retried = attempts(retry.effective) > 1
    if retry.template is None:
        # Without a limit it goes on: argo-retry-unbounded's, but not for an expression, say.
        if retried or retry.value("limit") is None:
            yield from _of_all(retry, ctx)
    elif retried:
        inner = attempts_below(ctx.facts, retry.template)
        total = attempts(retry.effective) * inner
        if inner > 1 and total > ctx.params["max_attempts"]:
            yield retry.fault(
                ("retryStrategy", "limit"),
                f"retries of {retry.called} repeat those of what it calls: up to {total:,} pods "
                "for one step",
                help="each attempt runs all of it again, with its own retries",
            )


def _of_all(retry: Retry, ctx: Context) -> Iterator[Fault]:
    """What is written once for all templates counts for those too that only call others."""
    hit = [
        template
        for template in ctx.facts.argo_templates(retry.resource)
        if template.kind in _CALLERS and template.get("retryStrategy") is None
    ]
    if hit:
        more = f" and {len(hit) - 1} more" if len(hit) > 1 else ""
        yield retry.fault(
            ("retryStrategy",),
            f"`retryStrategy` of {retry.called} also repeats {hit[0].called}{more} as a whole",
            help="steps and DAGs are retried on top of their parts: each level multiplies the pods",
            related=[
                Related(each.resource, each.at(each.kind), "repeated as a whole")
                for each in hit[:5]
            ],
        )
