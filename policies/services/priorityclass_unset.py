"""See priorityclass_unset.md."""

from __future__ import annotations

from collections.abc import Iterator

from kguard.facts.pods import Pod
from kguard.model import Fault, dig
from kguard.policy.context import Context


def check(pod: Pod, ctx: Context) -> Iterator[Fault]:
    """Yield a fault for a pod that says nothing of its priority."""
    if pod.get("priorityClassName") is not None or pod.get("priority") is not None:
        return
    if not pod.running or any(container.fragment for container in pod.running):
        return
    classes = ctx.index.in_unit(pod.resource, "scheduling.k8s.io", "PriorityClass")
    if any(dig(each.data, "globalDefault") is True for each in classes):
        return
    yield pod.fault(
        ("priorityClassName",),
        "no priority class is named",
        help="where the cluster has no default, its priority is 0",
    )
