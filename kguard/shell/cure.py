"""What to write so that SIGTERM reaches the program, for the help of findings."""

from __future__ import annotations

from kguard.shell.programs import Role, base_name, may_end, role
from kguard.shell.verdict import TRAPS, Cause, Outcome

_LONGEST = 65

# util-linux login-utils/su-common.c (create_watching_parent): SIGTERM, two seconds, SIGKILL.
_SHORT = frozenset({"su", "runuser"})

# What becomes of the command with `exec`, where that has to stand elsewhere than now.
_PLACED = {
    Cause.FOLLOWED_BY: "as the last command: it takes the shell's place, and nothing behind it"
    " would run",
    Cause.PIPE: "without the pipe, so that it takes the shell's place",
    Cause.LOOP: "without the loop, as Kubernetes restarts a container that ends; what runs from"
    " time to time is a CronJob",
    Cause.BACKGROUND: "without `&`, as the last command; what has to run beside it gets a container"
    " of its own",
    Cause.SUBSTITUTION: "as the last command, outside of the substitution",
    Cause.CONDITION: "as the last command, and not as a condition",
    Cause.NEGATED: "without the `!`, so that it takes the shell's place",
    Cause.TIMED: "without `time`, so that it takes the shell's place",
    Cause.SUBSHELL: "without the parentheses, so that it takes the shell's place",
}
_PLACED[Cause.ENDS_AT_ONCE] = _PLACED[Cause.BACKGROUND]


def cure(outcome: Outcome, command: str, *, runner: str, wrapper: str) -> str:
    """The change that has the program get the signal; empty where none is known.

    `command` is the program's command as written, `runner` the package manager that starts it, if
    one does, and `wrapper` what stays in front of it where that is no shell.
    """
    if outcome.cause in (Cause.NOT_FORWARDED, Cause.DETACHED):
        return f"start {_quoted(command)} without {_quoted(wrapper)}" if command else ""
    if not outcome.shell_stays or not command:
        return ""
    if runner:
        return f"run what {_quoted(command)} runs itself, with `exec` before it"
    if outcome.detail is Cause.TRAP_DEFERRED and role(outcome.program) is Role.KEEPALIVE:
        waited = f"{command.removeprefix('exec ')} & wait $!"
        return f"write {_quoted(waited)}: while the shell is in `wait`, the trap runs at once"
    if may_end(outcome.program):
        program = _quoted(outcome.program[0])
        return f"have {program} stay in the foreground, with `exec`, as the last command"
    bare = command.removeprefix("exec ")
    command = _quoted(f"exec {bare}")
    if outcome.detail in TRAPS:
        return (
            f"write {command} as the last command, without a trap; a trap has to pass SIGTERM on,"
            " and the shell to `wait` for the program again"
        )
    placed = _PLACED.get(outcome.detail, "so that it takes the shell's place")
    return f"write {command}{', ' if placed.startswith('so ') else ' '}{placed}{_instead(bare)}"


def _instead(command: str) -> str:
    """What a program does that changes the user, where that cuts short what it runs."""
    name = base_name(command.split(maxsplit=1)[0])
    if name not in _SHORT:
        return ""
    kills = f"`{name}` of util-linux kills what it runs 2 s after SIGTERM"
    return f"; {kills}, `setpriv` and `gosu` do not"


def _quoted(text: str) -> str:
    """A command on one line in backticks, a long one cut."""
    line = " ".join(text.replace("\\\n", " ").split()).replace("`", "'")
    return f"`{line if len(line) <= _LONGEST else f'{line[: _LONGEST - 1]}…'}`"
