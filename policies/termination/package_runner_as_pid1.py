"""See package_runner_as_pid1.md."""

from __future__ import annotations

from collections.abc import Iterator

from kguard.facts.termination import Process
from kguard.model import Fault
from kguard.policy.context import NOTE, WARNING, Context
from kguard.shell.verdict import Cause


def check(process: Process, ctx: Context) -> Iterator[Fault]:
    """Yield a fault where npm, npx, yarn or pnpm stands in front of the program."""
    if process.analysis.cause is not Cause.PACKAGE_RUNNER:
        return
    yield process.found(
        f"SIGTERM does not stop {process.called} gracefully: {process.analysis.explanation}",
        severity=WARNING if process.analysis.harmful else NOTE,
        help="start the program itself, as in `node server.js`",
    )
