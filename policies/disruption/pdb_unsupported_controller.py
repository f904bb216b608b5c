"""See pdb_unsupported_controller.md."""

from __future__ import annotations

from collections.abc import Iterator

from kguard.facts.disruption import Budget
from kguard.model import Fault, Related, Unknown
from kguard.policy.context import Context


def check(budget: Budget, ctx: Context) -> Iterator[Fault | Unknown]:
    """Yield a fault for a budget of a scale that its pods' controllers do not have."""
    limit = budget.limit
    if limit is None or not budget.needs_scale:
        return
    key, value = limit
    if budget.unscalable:
        first, more = budget.unscalable[0], len(budget.unscalable) - 1
        yield budget.fault(
            ("spec", key),
            f"`{key}: {value}` cannot be reckoned for pods of {first.called}"
            + (f" and {more} more: they have no scale" if more else ": it has no scale"),
            related=[
                Related(workload.resource, workload.pod.template.route, "selected by the budget")
                for workload in budget.unscalable
            ],
            help="no pod of the budget can be evicted; a number as `minAvailable` needs no scale",
        )
    elif budget.bare and len(budget.bare) == len(budget.selected):
        if not budget.complete or ctx.index.selected_elsewhere(budget.resource, budget.selector):
            yield ctx.unknown("other pods of the budget may not have been seen")
            return
        yield budget.fault(
            ("spec", key),
            f"`{key}: {value}` counts none of the selected pods: they have no controller",
            related=[Related(budget.bare[0].resource, ("metadata",), "a pod on its own")],
            help="none of them can be evicted; a number as `minAvailable` counts them",
        )
