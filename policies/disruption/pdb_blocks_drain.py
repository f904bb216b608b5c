"""See pdb_blocks_drain.md."""

from __future__ import annotations

from collections.abc import Iterator

from kguard.facts.disruption import Budget
from kguard.facts.workloads import Workload
from kguard.model import REMOVE, Confidence, Edit, Fault, Fix, Related, Unknown
from kguard.policy.context import Context
from kguard.quantity.intorpercent import is_zero


def check(budget: Budget, ctx: Context) -> Iterator[Fault | Unknown]:
    """Yield a fault for a budget that allows no eviction while its pods are at their fewest."""
    limit = budget.limit
    if limit is None or budget.selects_nothing or budget.pods == 0:
        return
    key, value = limit
    if budget.refuses_all:
        yield budget.fault(
            ("spec", key),
            f"`{key}: {value}` allows no eviction, however many pods there are",
            help="node drains and upgrades hang until the budget or the pod is deleted",
            fix=_one_at_a_time(key),
        )
        return
    if key == "maxUnavailable" or is_zero(value):
        return  # Of any number of pods at least one may go.
    if isinstance(value, str) and budget.scales is not None and not any(budget.scales):
        return  # Not a matter of the number: see pdb-unsupported-controller.
    if budget.allowed is None:
        yield ctx.unknown("the number of pods the budget selects is not known")
    elif budget.allowed == 0:
        pods = "1 pod" if budget.pods == 1 else f"{budget.pods} pods"
        rounded = "rounded up that is all of" if isinstance(value, str) else "it selects only"
        yield budget.fault(
            ("spec", key),
            f"`{key}: {value}` allows no eviction: {rounded} {pods}",
            confidence=None if budget.complete else Confidence.MEDIUM,
            related=[_count(workload) for workload in budget.selected],
            help="node drains and upgrades hang; `maxUnavailable: 1` lets one pod go at a time",
            fix=_one_at_a_time(key),
        )


def _one_at_a_time(key: str) -> Fix:
    """Unsafe: a drain that waits for the budget evicts a pod as soon as it may."""
    edits = [Edit(("spec", "maxUnavailable"), 1)]
    if key != "maxUnavailable":
        edits.insert(0, Edit(("spec", key), REMOVE))
    return Fix(tuple(edits), safe=False, title="set `maxUnavailable: 1`")


def _count(workload: Workload) -> Related:
    """The place that says how many pods a workload has at least."""
    for scaler in workload.autoscalers:
        key = "minReplicaCount" if scaler.group == "keda.sh" else "minReplicas"
        return Related(scaler, ("spec", key), f"at least {workload.floor}")
    return Related(workload.resource, ("spec", "replicas"), f"pods: {workload.floor}")
