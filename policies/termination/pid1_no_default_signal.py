"""See pid1_no_default_signal.md."""

from __future__ import annotations

from collections.abc import Iterator

from kguard.facts.termination import Process
from kguard.model import Fault
from kguard.policy.context import NOTE, WARNING, Context
from kguard.shell.programs import Role, module_of, program_name, role
from kguard.shell.verdict import Cause


def check(process: Process, ctx: Context) -> Iterator[Fault]:
    """Yield a fault for a program that relies on the default action of SIGTERM, as PID 1."""
    analysis = process.analysis
    ignores = analysis.idle or (analysis.cause is Cause.NO_DEFAULT_HANDLER and analysis.harmful)
    script = (
        analysis.cause is Cause.INTERPRETER_SCRIPT
        and ctx.params["scripts"]
        and len(analysis.program) > 1
        # What is run by `python -m` is mostly a program of a package, not a script of one's own.
        and module_of(analysis.program) in ("", "flask")
        and not (program_name(analysis.program) == "flask" and _may_debug(process, ctx))
    )
    if not (ignores or script):
        return
    grace = process.container.pod.grace if process.container else None
    idle = role(analysis.program) in (Role.KEEPALIVE, Role.UTILITY)
    if (idle or script) and grace is not None and grace <= ctx.params["tolerated_wait"]:
        return  # It has nothing to finish, as far as is known, and nobody waits long for it.
    length = f" of {grace} s" if grace else ""
    yield process.found(
        f"SIGTERM {'does' if ignores else 'may'} not stop {process.called}: {analysis.explanation}",
        severity=WARNING if ignores else NOTE,
        help=f"if so, each stop takes the whole grace period{length}; an init (`tini --`) cures it"
        if script
        else f"each stop takes the whole grace period{length}; an init (`tini --`) cures it",
    )


def _may_debug(process: Process, ctx: Context) -> bool:
    """Whether Flask may be told by a variable to reload, which has it end on SIGTERM."""
    debug, environment = (process.setting(ctx.facts, f"FLASK_{n}") for n in ("DEBUG", "ENV"))
    return debug not in ("", "0") or environment not in ("", "production")
