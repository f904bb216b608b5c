"""See progress_deadline_too_short.md."""

from __future__ import annotations

from collections.abc import Iterator

from kguard.facts.replicas import is_count
from kguard.facts.startup import slowest_start
from kguard.facts.workloads import Workload
from kguard.model import Edit, Fault, Fix, Related
from kguard.policy.context import WARNING, Context

_ROUTE = ("spec", "progressDeadlineSeconds")
_DEFAULT = 600
_MARGIN = 60
"""Seconds that a fix leaves beyond the slowest start: pulling images takes time too."""


def check(workload: Workload, ctx: Context) -> Iterator[Fault]:
    """Yield a fault for a deadline that the API rejects, or that a healthy start may miss."""
    deadline = workload.get(*_ROUTE, default=_DEFAULT)
    wait = workload.get("spec", "minReadySeconds", default=0)
    if not is_count(deadline) or not is_count(wait):
        return
    slowest = slowest_start(workload.pod)
    least = max(wait, slowest.seconds if slowest else 0)
    if deadline <= wait:
        yield workload.fault(
            _ROUTE,
            f"progress deadline of {deadline} s is not above `minReadySeconds`, {wait} s",
            related=[Related(workload.resource, ("spec", "minReadySeconds"), "the wait")],
            help="it is rejected",
            fix=_fix(least + _MARGIN),
        )
        return
    if slowest is None or workload.get("spec", "paused") is True or workload.replicas.ceiling == 0:
        return
    if deadline < slowest.seconds:
        yield workload.fault(
            _ROUTE,
            f"a rollout of {workload.called} fails after {deadline} s, while probes give "
            f"{slowest.container.called} {slowest.seconds} s to start",
            severity=WARNING,
            related=[Related(workload.resource, slowest.route, "the time it may take")],
            help="pipelines see a failed rollout of pods that would have been ready",
            fix=_fix(least + _MARGIN),
        )


def _fix(seconds: int) -> Fix:
    return Fix((Edit(_ROUTE, seconds),), safe=True, title=f"set `{_ROUTE[-1]}: {seconds}`")
