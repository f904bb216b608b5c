"""One clause that says what happens to SIGTERM, for messages."""

from __future__ import annotations

from kguard.shell.programs import Role, base_name, program_name, role
from kguard.shell.verdict import Cause, Mode, Outcome, Verdict

_PLACED = {
    Cause.PIPE: "{program} is part of a pipeline",
    Cause.LOOP: "{program} runs in a loop",
    Cause.BACKGROUND: "{program} runs in the background",
    Cause.SUBSTITUTION: "{program} runs in a command substitution",
    Cause.CONDITION: "{program} runs as a condition",
    Cause.NEGATED: "`!` stands before {program}",
    Cause.TIMED: "`time` stands before {program}",
    Cause.EVAL: "{program} runs through `eval` or `.`",
    Cause.FUNCTION: "{program} runs in a function",
}


def explain(outcome: Outcome, by: str, follows: str) -> str:
    """The clause for an outcome; empty where there is nothing to tell.

    `by` is the shell or wrapper in front of the program, `follows` what stands behind the command.
    """
    name = _quoted(base_name(outcome.program[0])) if outcome.program else "the program"
    if outcome.shell_stays:
        return _in_shell(outcome, _quoted(by), name, follows)
    by = _quoted(by)
    own = "application" if program_name(outcome.program) == "flask" else "script"
    simple = {
        Cause.INIT_DROPS_SIGNAL: f"`dumb-init` is told to send {name} something else than SIGTERM",
        Cause.PACKAGE_RUNNER: f"{by} ends on SIGTERM without waiting for the program it started",
        Cause.NO_DEFAULT_HANDLER: f"{name} has no handler for SIGTERM, and as PID 1 it ignores it",
        Cause.INTERPRETER_SCRIPT: f"{name} as PID 1 ignores SIGTERM unless the {own} handles it",
        Cause.KILLED_AFTER: f"{name} is killed {outcome.kill_after} s after SIGTERM",
        Cause.NOT_FORWARDED: f"{by} stays in front of {name} and does not forward SIGTERM",
        Cause.DETACHED: f"{by} forks as a session leader and ends at once, and {name} with it",
        Cause.SCRIPT_FILE: f"{by} is a script whose text is not known",
        Cause.TEMPLATE: "the command is filled in later",
        Cause.NO_SHELL: "the image has no shell",
        Cause.NO_PROGRAM: "no program is named that runs for long",
        Cause.SUPERVISOR: f"what runs in front of {name} decides what becomes of SIGTERM",
        Cause.MIXED: "the branches of the shell text differ",
    }
    return simple.get(outcome.cause, "")


def _in_shell(outcome: Outcome, shell: str, program: str, follows: str) -> str:
    detail = outcome.detail
    if outcome.verdict in (Verdict.DELIVERED, Verdict.UNKNOWN):
        return ""
    traps = {
        Cause.TRAP_ONE_WAIT: f"the trap ends the `wait`, {shell} ends and takes {program} with it",
        Cause.TRAP_WITHOUT_FORWARD: f"the trap of {shell} does not pass SIGTERM on to {program}",
        Cause.TRAP_EXPANDED_EARLY: (
            f"the trap of {shell} has its variables filled in before {program} is started"
        ),
        Cause.TRAP_DEFERRED: f"the trap of {shell} waits until {program} has ended",
        Cause.TRAP_IGNORES: f"{shell} ignores SIGTERM and does not forward it to {program}",
        Cause.TRAP_KILLS: f"the trap of {shell} kills {program} instead of letting it finish",
        Cause.ENDS_AT_ONCE: f"{shell} starts {program} in the background and ends, ending it too",
    }
    if detail in traps:
        return traps[detail]
    if detail is Cause.LOOP and role(outcome.program) in (Role.KEEPALIVE, Role.UTILITY):
        ends = "ignores SIGTERM as PID 1" if not outcome.init else "does nothing about SIGTERM"
        return f"{shell} runs a loop and {ends}"
    placed = _PLACED.get(detail, "").format(program=program)
    if detail is Cause.FOLLOWED_BY:
        placed = f"{_follower(follows)} follows {program}"
    start, it = (f"{placed}, so {shell}", "it") if placed else (shell, program)
    if outcome.init and outcome.init.mode is Mode.GROUP:
        return (
            f"{start} stays in front of {it}, ends on the SIGTERM of `{outcome.init.name}`"
            " and cuts it short"
        )
    if outcome.init:
        return (
            f"{start} stays in front of {it}, and the SIGTERM of `{outcome.init.name}` ends"
            f" {shell} and takes the program along"
        )
    if outcome.verdict is Verdict.CUT:
        return f"{start} stays in front of {it}, ends on SIGTERM and takes it along"
    return f"{start} stays PID 1 and does not forward SIGTERM to {it}"


def _follower(follows: str) -> str:
    return f"`{follows}`" if follows in ("&&", "||") else "another command"


def _quoted(text: str) -> str:
    return "`" + text.replace("`", "'") + "`"
