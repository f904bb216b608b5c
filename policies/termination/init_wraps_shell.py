"""See init_wraps_shell.md."""

from __future__ import annotations

from collections.abc import Iterator

from kguard.facts.termination import Process
from kguard.model import Fault
from kguard.policies.termination._signals import serves
from kguard.policy.context import Context
from kguard.shell.verdict import Cause


def check(process: Process, ctx: Context) -> Iterator[Fault]:
    """Yield a fault where an init signals a shell instead of the program."""
    wrapped = process.analysis.cause is Cause.INIT_WRAPS_SHELL
    if wrapped and process.analysis.harmful and serves(process):
        yield process.found(
            f"SIGTERM does not stop {process.called} gracefully: {process.analysis.explanation}",
            help=process.way_out,
        )
