"""See argo_retry_nested.md."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from kguard.facts.argo_fields import Retry
from kguard.facts.argo_templates import Template, calls_of, target_of
from kguard.facts.quantities import is_placeholder
from kguard.facts.run import Facts
from kguard.model import Fault, Related
from kguard.policy.context import Context

_CALLERS = ("steps", "dag")
_MOST = 10**6
_DEEPEST = 100  # controller.go, maxAllowedStackDepth


def check(retry: Retry, ctx: Context) -> Iterator[Fault]:
    """Yield a fault for retries of whole steps or DAGs whose parts are retried as well."""
    if _attempts(retry.effective) == 1:
        return
    if retry.template is None:
        yield from _of_all(retry, ctx)
    elif retry.template.kind in _CALLERS:
        inner = _most(ctx.facts, retry.template, {}, _DEEPEST)
        total = min(_attempts(retry.effective) * inner, _MOST)
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


def _most(facts: Facts, template: Template, known: dict[int, int], depth: int) -> int:
    """How often one pod below a template may run within one attempt of the template."""
    if id(template.data) in known or not depth:
        return known.get(id(template.data), 1)
    most = known[id(template.data)] = 1  # For templates that call themselves.
    for call in calls_of(facts, template):
        target = target_of(facts, call).template
        if target is not None:
            below = _most(facts, target, known, depth - 1)
            most = max(most, min(_attempts(target.retry()) * below, _MOST))
    known[id(template.data)] = most
    return most


def _attempts(strategy: Any) -> int:
    """1 + `limit`; 1 where there is none, which other policies judge, or it is filled in later."""
    limit = strategy.get("limit") if isinstance(strategy, dict) else None
    if isinstance(limit, str) and not is_placeholder(limit) and limit.isdecimal():
        limit = int(limit[:9])
    return limit + 1 if isinstance(limit, int) and limit > 0 else 1
