"""See signal_not_delivered.md."""

from __future__ import annotations

from collections.abc import Iterator

from kguard.facts.termination import Process
from kguard.model import Fault
from kguard.policies.termination._signals import concerns_a_program
from kguard.policy.context import ERROR, WARNING, Context


def check(process: Process, ctx: Context) -> Iterator[Fault]:
    """Yield a fault where SIGTERM is lost whichever shell it is."""
    if not process.everywhere or not concerns_a_program(process):
        return
    yield process.found(
        f"SIGTERM does not stop {process.called} gracefully: {process.analysis.explanation}",
        severity=ERROR if process.worker else WARNING,
        help=process.way_out,
    )
