"""See pdb_no_policy.md."""

from __future__ import annotations

from collections.abc import Iterator

from kguard.facts.disruption import Budget
from kguard.model import Edit, Fault, Fix
from kguard.policy.context import Context


def check(budget: Budget, ctx: Context) -> Iterator[Fault]:
    """Yield a fault for a budget that has neither of its two limits."""
    limits = (budget.get("spec", key) for key in ("minAvailable", "maxUnavailable"))
    if not budget.selects_nothing and all(limit is None for limit in limits):
        yield budget.fault(
            ("spec", "maxUnavailable"),
            f"budget `{budget.resource.name}` has no limit, so it allows no eviction at all",
            help="node drains hang on the pods it selects; `maxUnavailable: 1` lets one go",
            fix=Fix(
                (Edit(("spec", "maxUnavailable"), 1),),
                safe=False,  # A drain that waits for the budget evicts a pod as soon as it may.
                title="set `maxUnavailable: 1`",
            ),
        )
