"""See argo_controller_replicas.md."""

from __future__ import annotations

from collections.abc import Iterator

from kguard.facts.argo.controller import ArgoController
from kguard.model import Fault
from kguard.policy.context import Context


def check(controller: ArgoController, ctx: Context) -> Iterator[Fault]:
    """Yield a fault for controllers beyond the second."""
    floor = controller.workload.replicas.floor
    if floor is not None and floor > 2:
        yield controller.fault(
            ("spec", "replicas"),
            f"{controller.called} runs {floor} times, and one of them works",
            help="the others hold what they request; two are enough to take over",
        )
