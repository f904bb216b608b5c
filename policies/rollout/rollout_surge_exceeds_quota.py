"""See rollout_surge_exceeds_quota.md."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

from kguard.facts.podresources import pod_total
from kguard.facts.pods import Pod
from kguard.facts.quotas import Quota, quotas_of, sections
from kguard.facts.workloads import Workload
from kguard.model import Edit, Fault, Fix, Unknown
from kguard.policy.context import Context
from kguard.quantity.quantities import format_cpu, format_memory


def check(workload: Workload, ctx: Context) -> Iterator[Fault | Unknown]:
    """Yield a fault where a quota has no room for the pods, or for one more while they change."""
    quotas = quotas_of(ctx.facts, workload.pod)
    if not quotas or workload.replicas.floor == 0:
        return
    count = workload.floor
    if count is None:
        yield ctx.unknown("the number of replicas is not known")
        return
    update = workload.rolling_update(count)
    # Where no pod may go before another is ready, each rollout needs room for one more.
    waits = update is not None and update.unavailable == 0 and not workload.traffic_routed
    for quota in quotas:
        for name in quota.hard:
            most, each = quota.amount(name), _counted(workload.pod, name)
            if most is None or not each or (count + waits) * each <= most:
                continue
            yield _fault(workload, quota, name, count, each, surge=count * each <= most)


def _fault(
    workload: Workload, quota: Quota, name: str, count: int, each: Fraction, *, surge: bool
) -> Fault:
    written = format_cpu if name.endswith("cpu") or name == "pods" else format_memory
    needs = f"`{written((count + surge) * each)}` of `{name}`"
    allowed = f"{quota.called} allows `{quota.hard[name]}`"
    if not surge:
        return workload.fault(
            ("spec", "replicas"),
            f"{workload.called} with its {count} replicas needs {needs}, and {allowed}",
            related=[quota.related(name)],
            help="not all of them can run",
        )
    route = (*workload.rolling_route, "maxUnavailable")
    # Unsafe: with one replica it makes each rollout an outage.
    fix = Fix((Edit(workload.at(*route), 1),), safe=False, title="let one pod go first")
    return workload.fault(
        route,
        f"{workload.called} with one pod more than its {count} needs {needs}, and {allowed}",
        related=[quota.related(name)],
        help="a rollout waits for ever: no pod may go before a new one is ready",
        fix=fix,
    )


def _counted(pod: Pod, name: str) -> Fraction:
    """How much of that name a quota counts for one pod, at least; 0 for what it does not."""
    if name == "pods":
        return Fraction(1)
    found = sections(name)
    return pod_total(pod, *found) if found is not None else Fraction(0)
