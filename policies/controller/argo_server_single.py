"""See argo_server_single.md."""

from __future__ import annotations

from collections.abc import Iterator

from kguard.facts.argo.controller import ArgoServer
from kguard.model import Fault
from kguard.policy.context import Context


def check(server: ArgoServer, ctx: Context) -> Iterator[Fault]:
    """Yield a fault where one Argo server runs, without a disruption budget."""
    workload = server.workload
    if workload.replicas.floor == 1 and not workload.autoscalers and not workload.budgets:
        yield server.fault(
            ("spec", "replicas"),
            f"{server.called} runs once: it is away during every drain",
            help="what the CLI and event bindings send meanwhile is lost; run two",
        )
