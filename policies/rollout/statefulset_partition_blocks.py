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
    floor, ceiling = workload.floor, workload.ceiling
    blocked = ceiling is not None and partition >= ceiling
    if floor is None and not blocked:
        yield ctx.unknown("the number of replicas is not known")
        return
    if ceiling == 0 or not (blocked or (floor and partition >= floor)):
        return  # Without pods nothing is held back.
    most = "at most " if blocked and ceiling != floor else ""
    pods = ceiling if blocked else floor
    scaled = "" if blocked else " while the autoscaler keeps it at its minimum"
    place = [Related(s, ("spec",), "the autoscaler") for s in workload.autoscalers]
    if not place and workload.replicas.written is not None:
        place = [Related(workload.resource, ("spec", "replicas"), "the pods")]
    yield workload.fault(
        keys,
        f"no pod of {workload.called} is ever updated{scaled}: `partition` is {partition} and "
        f"there {'is' if pods == 1 else 'are'} {most}{pods}",
        severity=None if blocked else NOTE,
        related=place,
        help="a rollout counts as complete and changes nothing",
    )
