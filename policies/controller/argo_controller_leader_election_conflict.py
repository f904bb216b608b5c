"""See argo_controller_leader_election_conflict.md."""

from __future__ import annotations

from collections.abc import Iterator

from kguard.facts.argo.controller import ArgoController
from kguard.model import Fault, Unknown
from kguard.policy.context import Context


def check(controller: ArgoController, ctx: Context) -> Iterator[Fault | Unknown]:
    """Yield a fault where several controllers run and none of them asks who leads."""
    replicas = controller.workload.replicas
    if replicas.ceiling is None or replicas.ceiling < 2:
        return
    off = controller.election_switch(ctx.index)
    if off is None or off.value not in ("true", None):
        return
    if off.value is None:
        yield ctx.unknown("the controller's environment is not seen in full")
        return
    surely = (replicas.floor or 0) > 1
    yield controller.fault(
        ("spec", "replicas"),
        f"{controller.called} {'runs' if surely else 'may run'} {replicas.ceiling} times "
        "without leader election",
        help="each acts on every workflow, so pods are created twice and status is overwritten; "
        "keep one, or leave leader election on",
        related=[off.related(controller.container, "leader election is off")],
    )
