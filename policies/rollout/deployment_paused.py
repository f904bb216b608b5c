"""See deployment_paused.md."""

from __future__ import annotations

from collections.abc import Iterator

from kguard.facts.workloads import Workload
from kguard.model import Fault
from kguard.policy.context import Context


def check(workload: Workload, ctx: Context) -> Iterator[Fault]:
    """Yield a fault for a Deployment whose rollouts are halted in its manifest."""
    if workload.get("spec", "paused") is True:
        yield workload.fault(
            ("spec", "paused"),
            f"{workload.called} is paused: what changes in its template never rolls out",
            help="`kubectl rollout resume` lasts until the manifest is applied again",
        )
