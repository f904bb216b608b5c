"""See argo_retry_spot.md."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from kguard.facts.argo.scheduling import Wish, spot
from kguard.facts.argo.templates import Template
from kguard.facts.argo.workflow import Workflow
from kguard.model import Fault, Related, Unknown
from kguard.policies.argo._unseen import not_seen, unless_default
from kguard.policy.context import WARNING, Context

_PARTIAL = ("OnFailure", "OnError", "OnTransientError")
_HELP = "a node taken away ends pods as deleted (Error) or as failed: only `Always` retries both"


def check(workflow: Workflow, ctx: Context) -> Iterator[Fault | Unknown]:
    """Yield one fault per object whose pods may lose their node and are not retried for it."""
    more = frozenset(ctx.params["keys"])
    hit: list[tuple[Template, Wish, str]] = []
    for template in ctx.facts.argo_templates(workflow.resource):
        wish = spot(ctx.facts, template, more) if template.runs_pod else None
        what = _lacking(template.retry())
        if wish is not None and what is not None:
            hit.append((template, wish, what))
    written = [each for each in hit if each[2]]
    if hit and not written and (workflow.library or not workflow.complete):
        # Who runs the templates of a library may have a strategy for all.
        yield ctx.unknown("a library" if workflow.library else not_seen(workflow))
    elif hit:
        template, wish, what = (written or hit)[0]
        others = len(hit) - 1
        also = f"; {others} more like it" if others else ""
        how = f"is retried {what} only" if what else "is not retried"
        options: dict[str, Any] = {"severity": WARNING, "help": _HELP}
        if not what:
            options = unless_default(workflow, ctx, WARNING, _HELP)
        yield template.fault(
            ("retryStrategy", "retryPolicy"),
            f"{template.called} may run on spot nodes and {how}{also}",
            related=[Related(wish.scope.resource, wish.scope.at(*wish.keys), "spot nodes")],
            **options,
        )


def _lacking(strategy: Any) -> str | None:
    """The policy that does not cover both ends; empty where there are no retries."""
    if strategy is None:
        return ""
    if not isinstance(strategy, Mapping) or strategy.get("expression"):
        return None
    policy = strategy.get("retryPolicy") or "OnFailure"
    return f"`{policy}`" if policy in _PARTIAL else None
