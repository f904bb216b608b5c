"""See pdb_overlap.md."""

from __future__ import annotations

from collections.abc import Iterator

from kguard.facts.disruption import Budget
from kguard.facts.order import precedes
from kguard.facts.workloads import Workload
from kguard.model import Fault, Related, Resource
from kguard.policy.context import Context


def check(budget: Budget, ctx: Context) -> Iterator[Fault]:
    """Yield a fault for each other budget that selects pods of this one, once per pair."""
    shared: dict[int, tuple[Resource, Workload]] = {}
    for workload in budget.selected:
        for other in workload.budgets:
            if other.name != budget.resource.name and precedes(other, budget.resource):
                shared.setdefault(id(other), (other, workload))
    for other, workload in shared.values():
        yield budget.fault(
            ("spec", "selector"),
            f"pods of {workload.called} are in two budgets, `{other.name}` and "
            f"`{budget.resource.name}`",
            related=[
                Related(other, ("spec", "selector"), "the other budget"),
                Related(workload.resource, workload.pod.template.route, "selected by both"),
            ],
            help="the eviction API answers with an error, so no drain can move them",
        )
