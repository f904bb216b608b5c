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
    if process.shells is None:
        message = f"SIGTERM reaches {process.called} only if `/bin/sh` is not dash"
        severity = NOTE
    else:
        message = f"SIGTERM does not stop {process.called} gracefully"
        severity = WARNING
    yield process.found(
        f"{message}: {process.analysis.explanation}",
        severity=severity,
        help=process.way_out or "have the last command replace the shell with `exec`",
    )
