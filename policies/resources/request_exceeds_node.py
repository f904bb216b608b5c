"""See request_exceeds_node.md."""

from __future__ import annotations

from collections.abc import Iterator

from kguard.facts.podresources import containers_total, largest, pod_total
from kguard.facts.pods import Pod
from kguard.model import Fault
from kguard.policy.context import Context
from kguard.quantity.quantities import format_cpu, format_memory, parse_quantity


def check(pod: Pod, ctx: Context) -> Iterator[Fault]:
    """Yield a fault for each resource of which a pod requests more than any node has."""
    for resource, written in (("cpu", format_cpu), ("memory", format_memory)):
        most = ctx.params[f"max_node_{resource}"]
        if most is None:
            continue
        request = pod_total(pod, "requests", resource)
        if request <= parse_quantity(most):
            continue
        keys = ("resources", "requests", resource)
        container = largest(pod, "requests", resource)
        own = container is None or containers_total(pod, "requests", resource).value < request
        yield (pod if own or container is None else container).fault(
            keys,
            f"the pod requests `{written(request)}` of {resource}, and no node has more than "
            f"`{most}`",
            help="it stays Pending for ever",
        )
