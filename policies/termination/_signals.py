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
    """
    program = process.analysis.program
    return (
        process.analysis.cause not in _ELSEWHERE
        and bool(program)
        and role(program) in (Role.PROGRAM, Role.SERVER)
    )
