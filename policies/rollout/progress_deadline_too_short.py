"""See progress_deadline_too_short.md."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from kguard.facts.startup import slowest_start
from kguard.facts.workloads import Workload
from kguard.model import Fault, Related
from kguard.policy.context import WARNING, Context

_DEFAULT = 600


def check(workload: Workload, ctx: Context) -> Iterator[Fault]:
    """Yield a fault for a deadline that the API rejects, or that a healthy start may miss."""
    deadline = workload.get("spec", "progressDeadlineSeconds", default=_DEFAULT)
    wait = workload.get("spec", "minReadySeconds", default=0)
    if not _seconds(deadline) or not _seconds(wait):
        return
    if deadline <= wait:
        yield workload.fault(
            ("spec", "progressDeadlineSeconds"),
            f"progress deadline of {deadline} s is not above `minReadySeconds`, {wait} s",
            related=[Related(workload.resource, ("spec", "minReadySeconds"), "the wait")],
            help="it is rejected",
        )
        return
    slowest = slowest_start(workload.pod)
    if slowest is None or workload.get("spec", "paused") is True or workload.replicas.ceiling == 0:
        return
    if deadline < slowest.seconds:
        yield workload.fault(
            ("spec", "progressDeadlineSeconds"),
            f"a rollout of {workload.called} fails after {deadline} s, while probes give "
            f"{slowest.container.called} {slowest.seconds} s to start",
            severity=WARNING,
            related=[Related(workload.resource, slowest.route, "the time it may take")],
            help="pipelines see a failed rollout of pods that would have been ready",
        )


def _seconds(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0
