"""How the policies on signals share out what the analysis found: one cause, one policy."""

from __future__ import annotations

from kguard.facts.termination import Process
from kguard.shell.programs import Role, role
from kguard.shell.verdict import Cause

# Causes that other policies speak of, now or in a later release.
_ELSEWHERE = frozenset(
    {
        Cause.INIT_WRAPS_SHELL,
        Cause.PACKAGE_RUNNER,
        Cause.INIT_DROPS_SIGNAL,
        Cause.NO_DEFAULT_HANDLER,
    }
)


def concerns_a_program(process: Process) -> bool:
    """Whether the cause is the shell's, and what it hides is a program that serves.

    `sleep infinity` and the like have nothing to finish: nobody loses work when they are killed.
    A trap that has to wait for them never runs.
    """
    analysis = process.analysis
    if analysis.cause in _ELSEWHERE or not analysis.program:
        return False
    return serves(process) or (
        analysis.cause is Cause.TRAP_DEFERRED
        and all(outcome.idle for outcome in analysis.outcomes.values())
    )


def serves(process: Process) -> bool:
    """Whether the program may have something to finish."""
    return role(process.analysis.program) in (Role.PROGRAM, Role.SERVER)
