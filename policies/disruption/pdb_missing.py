"""See pdb_missing.md."""

from __future__ import annotations

from collections.abc import Iterator

from kguard.facts.disruption import unseen_budget
from kguard.facts.workloads import Workload
from kguard.model import Fault, Related, Unknown
from kguard.policy.context import Context


def check(workload: Workload, ctx: Context) -> Iterator[Fault | Unknown]:
    """Yield a fault for a workload that serves with several pods and has no budget."""
    if workload.budgets or not workload.serving:
        return
    floor = workload.floor
    if floor is None:
        yield ctx.unknown("the number of pods is not known")
        return
    if floor < 2:
        return
    reason = unseen_budget(ctx.facts, workload)
    if reason:
        yield ctx.unknown(reason)
        return
    yield workload.fault(
        ("metadata", "name"),
        f"no disruption budget selects the pods of {workload.called}",
        related=[Related(s, ("spec", "selector"), "serves") for s in workload.serving[:1]],
        help="node drains may take all of its pods away at once; `maxUnavailable: 1` is enough",
    )
