"""See signal_shell_form.md."""

from __future__ import annotations

from collections.abc import Iterator

from kguard.facts.termination import Process
from kguard.model import Fault
from kguard.policies.termination._signals import concerns_a_program
from kguard.policy.context import NOTE, WARNING, Context


def check(process: Process, ctx: Context) -> Iterator[Fault]:
    """Yield a fault where only some shells lose SIGTERM, and the image's is or may be one."""
    if process.everywhere or not process.somewhere or not concerns_a_program(process):
        return
    unknown = process.shells is None
    where = f" where `/bin/sh` is {' or '.join(process.losing)}" if unknown else ""
    yield process.found(
        f"SIGTERM does not stop {process.called} gracefully{where}: {process.analysis.explanation}",
        severity=NOTE if unknown else WARNING,
        help=process.way_out,
    )
