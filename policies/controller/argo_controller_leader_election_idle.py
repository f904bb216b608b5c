"""See argo_controller_leader_election_idle.md."""

from __future__ import annotations

from collections.abc import Iterator

from kguard.facts.argo.controller import ArgoController
from kguard.model import Fault
from kguard.policy.context import Context


def check(controller: ArgoController, ctx: Context) -> Iterator[Fault]:
    """Yield a fault where one controller runs with leader election."""
    if controller.workload.replicas.ceiling == 1 and controller.elects(ctx.index):
        yield controller.fault(
            ("spec", "replicas"),
            f"{controller.called} runs once, and with leader election",
            help="switch it off and set the strategy to `Recreate`",
        )
