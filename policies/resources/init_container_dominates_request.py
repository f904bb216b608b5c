"""See init_container_dominates_request.md."""

from __future__ import annotations

from collections.abc import Iterator

from kguard.facts.podresources import containers_total, has_pod_level
from kguard.facts.pods import Pod
from kguard.model import Fault
from kguard.policy.context import Context
from kguard.quantity.quantities import format_cpu, format_memory


def check(pod: Pod, ctx: Context) -> Iterator[Fault]:
    """Yield a fault for each resource of which an init container needs a multiple of the rest."""
    # What runs to completion ends soon anyway, and the pod's own request counts instead.
    if pod.ends or has_pod_level(pod):
        return
    factor = ctx.params["factor"]
    for resource, written in (("cpu", format_cpu), ("memory", format_memory)):
        total = containers_total(pod, "requests", resource)
        if total.by is None or not total.exact or not total.running:
            continue
        if total.init / total.running > factor:  # A product fails with what no float can hold.
            yield total.by.fault(
                ("resources", "requests", resource),
                f"{total.by.called} makes the pod request `{written(total.init)}` of {resource}, "
                f"and what stays needs `{written(total.running)}`",
                help="the larger of the two is reserved for the whole life of the pod",
            )
