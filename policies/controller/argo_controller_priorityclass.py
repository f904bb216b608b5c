"""See argo_controller_priorityclass.md."""

from __future__ import annotations

from collections.abc import Iterator

from kguard.facts.argo.controller import ArgoController
from kguard.model import Fault
from kguard.policy.context import Context


def check(controller: ArgoController, ctx: Context) -> Iterator[Fault]:
    """Yield a fault where the controller's pod has no priority of its own."""
    pod = controller.workload.pod
    if pod.get("priorityClassName") or pod.get("priority"):
        return
    classes = ctx.index.in_unit(controller.resource, "scheduling.k8s.io", "PriorityClass")
    if any(each.data.get("globalDefault") is True for each in classes):
        return
    yield controller.fault(
        ("spec", "template", "spec", "priorityClassName"),
        f"{controller.called} has no priority class: it waits and is evicted like any workflow pod",
        help="all workflows stand still while it does not run",
    )
