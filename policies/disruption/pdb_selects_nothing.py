"""See pdb_selects_nothing.md."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from kguard.facts.disruption import Budget, unseen_pods
from kguard.model import Fault, Unknown
from kguard.policy.context import Context


def check(budget: Budget, ctx: Context) -> Iterator[Fault | Unknown]:
    """Yield a fault for a budget that protects no pod."""
    if not isinstance(budget.get("spec"), Mapping) or budget.selected:
        return
    name = budget.resource.name
    if budget.selects_nothing:
        empty = budget.get("spec", "selector") is not None
        yield budget.fault(
            ("spec", "selector"),
            f"budget `{name}` selects no pod: "
            + ("an empty selector selects none in `v1beta1`" if empty else "it has no selector"),
            help="in `policy/v1` an empty one selects every pod of the namespace"
            if empty
            else "drains evict all the pods it was meant for at once",
        )
        return
    reason = unseen_pods(ctx.facts, budget)
    if reason:
        yield ctx.unknown(reason)
        return
    yield budget.fault(
        ("spec", "selector"),
        f"budget `{name}` selects no pod: no pod template of the namespace has such labels",
        help="drains evict all the pods it was meant for at once",
    )
