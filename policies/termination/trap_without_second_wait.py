"""See trap_without_second_wait.md."""

from __future__ import annotations

from collections.abc import Iterator

from kguard.facts.termination import Process
from kguard.model import Fault
from kguard.policies.termination._signals import serves
from kguard.policy.context import Context
from kguard.shell.verdict import Cause


def check(process: Process, ctx: Context) -> Iterator[Fault]:
    """Yield a fault where a trap passes SIGTERM on and the shell then waits no more."""
    if process.analysis.cause is Cause.TRAP_ONE_WAIT and process.everywhere and serves(process):
        yield process.found(
            f"SIGTERM does not stop {process.called} gracefully: {process.analysis.explanation}",
            help="wait once more behind the first `wait`; it returns as soon as the trap has run",
        )
