"""See statefulset_partition_blocks.md."""

from __future__ import annotations

from collections.abc import Iterator

from kguard.facts.workloads import Workload
from kguard.model import Fault, Related, Unknown
from kguard.policy.context import NOTE, Context


def check(workload: Workload, ctx: Context) -> Iterator[Fault | Unknown]:
    """Yield a fault for a partition above all pods, a note for one above the fewest."""
    keys = (*workload.rolling_route, "partition")
    partition = workload.get(*keys)
    if not isinstance(partition, int) or isinstance(partition, bool) or partition <= 0:
        return
    if workload.rolling_update(None) is None:
        return
    if workload.floor is None:
        yield ctx.unknown("the number of replicas is not known")
        return
    ceiling = workload.replicas.ceiling
    if ceiling == 0 or partition < workload.floor or ceiling is None:
        return
    blocked = partition >= ceiling
    pods = ceiling if blocked else workload.floor
    scaled = "" if blocked else " while the autoscaler keeps it at its minimum"
    place = [Related(s, ("spec",), "the autoscaler") for s in workload.autoscalers]
    if not place and workload.replicas.written is not None:
        place = [Related(workload.resource, ("spec", "replicas"), "the pods")]
    yield workload.fault(
        keys,
        f"no pod of {workload.called} is ever updated{scaled}: `partition` is {partition} and "
        f"there are {pods}",
        severity=None if blocked else NOTE,
        related=place,
        help="a rollout counts as complete and changes nothing",
    )
