"""See progress_deadline_too_short.md."""

from __future__ import annotations

from collections.abc import Iterator

from kguard.facts.replicas import is_count
from kguard.facts.startup import Start, slowest_start
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
            + _granted(slowest),
            severity=WARNING,
            related=[
                Related(workload.resource, wait.route, f"the {wait.seconds} s it may take")
                for wait in (*slowest.before, slowest.last)
            ],
            help="pipelines see a failed rollout of pods that would have been ready",
            fix=_fix(least + _MARGIN),
        )


def _granted(start: Start) -> str:
    """How long who may take, and what for."""
    last = f"{start.last.container.called} {start.last.seconds} s to start"
    before = " and ".join(f"{each.seconds} s for {each.container.called}" for each in start.before)
    return f"{last} after {before}" if before else last


def _fix(seconds: int) -> Fix:
    return Fix((Edit(_ROUTE, seconds),), safe=True, title=f"set `{_ROUTE[-1]}: {seconds}`")
