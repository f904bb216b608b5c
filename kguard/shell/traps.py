"""What a shell's traps make of SIGTERM.

A shell runs a trap only between commands: while it waits for a program in the foreground the trap
is deferred, while it sits in `wait` the trap runs at once and `wait` returns (POSIX Shell Command
Language 2.11). All of it was measured; `tests/shell/measured.tsv` has the table.
"""

from __future__ import annotations

from collections.abc import Sequence

from kguard.record import record
from kguard.shell.parse import parse
from kguard.shell.programs import Role, role
from kguard.shell.steps import Frame, Step
from kguard.shell.syntax import Unparsable, Word
from kguard.shell.verdict import Cause, Shell, Verdict
from kguard.shell.walk import Walk
from kguard.shell.wrappers import bare

_NUMBERS = {"0": "EXIT", "1": "HUP", "2": "INT", "3": "QUIT", "9": "KILL", "15": "TERM"}
_ELSEWHERE = Frame.BACKGROUND | Frame.SUBSHELL | Frame.SUBSTITUTION | Frame.PIPE
_SHORT_SLEEP = 10.0


@record
class Trap:
    """A trap in force: its action, None where the signal is ignored, and the step that set it."""

    action: Word | None
    index: int


@record
class _Action:
    """What a trap's action does, as far as it matters here."""

    kills: bool
    hard: bool
    by_variable: bool
    whole_group: bool
    resets: bool
    ignores: bool
    waits: bool
    exits: bool
    other: bool


def signal_name(text: str, shell: Shell) -> str:
    """`TERM` for `TERM`, `SIGTERM` and `15`; empty where this shell knows no such signal."""
    name = _NUMBERS.get(text, text.upper())
    if name.startswith("SIG"):
        # Debian's dash: `trap: SIGTERM: bad trap`.
        return "" if shell is Shell.DASH else name[3:]
    return name


def traps_at(steps: Sequence[Step], end: int, shell: Shell) -> dict[str, Trap]:
    """The traps in force before step `end`, by signal."""
    found: dict[str, Trap] = {}
    for index, step in enumerate(steps[:end]):
        if step.name != "trap" or step.frames & _ELSEWHERE:
            continue
        words = [word for word in step.words[1:] if word.text != "--"]
        if not words or words[0].text in ("-p", "-l"):
            continue
        alone = len(words) == 1 or words[0].text in _NUMBERS
        action, signals = (None, words) if alone else (words[0], words[1:])
        for signal in signals:
            name = signal_name(signal.text, shell)
            if action is None or action.text == "-":
                found.pop(name, None)
            elif name:
                found[name] = Trap(action if action.text else None, index)
    return found


def ever_trapped(steps: Sequence[Step], end: int) -> bool:
    """Whether an action was set before step `end`, even one that was taken back."""
    return any(
        step.name == "trap" and len(step.words) > 2 and step.words[1].text not in ("", "-")
        for step in steps[:end]
    )


def holder_of(steps: Sequence[Step], program: int, shell: Shell) -> int | None:
    """The step on which the shell sits after it has started `program` in the background."""
    job_control = shell in (Shell.BASH, Shell.MKSH, Shell.KSH)
    for index in range(program + 1, len(steps)):
        step = steps[index]
        if step.frames & (Frame.BACKGROUND | Frame.SUBSTITUTION):
            continue
        if step.name == "wait" or (step.name == "fg" and job_control):
            return index
        if step.words and role(bare(step.words)) is not Role.UTILITY:
            return index
        if step.replaces:
            return None
    return None


def trapped(
    steps: Sequence[Step],
    walk: Walk,
    program: int,
    holder: int | None,
    traps: dict[str, Trap],
    shell: Shell,
    *,
    pid1: bool,
    group: bool,
    stays: bool = False,
) -> tuple[Verdict, Cause] | None:
    """What follows from the traps in force; None where none of them is about SIGTERM.

    `group`: an init in front signals the whole process group, the program included. `stays`: the
    shell is in a loop of commands that end by themselves, and a trap runs behind each of them.
    """
    background = bool(steps[program].frames & Frame.BACKGROUND)
    trap = traps.get("TERM")
    if trap is None:
        return _on_exit(steps, walk, background, traps.get("EXIT"), shell)
    past = Verdict.DELIVERED if group else Verdict.SWALLOWED
    if trap.action is None:
        return past, Cause.TRAP_IGNORES
    if not background:
        return (Verdict.UNKNOWN, Cause.TRAP_SET) if stays else (past, Cause.TRAP_DEFERRED)
    if holder is None:
        return Verdict.CUT, Cause.ENDS_AT_ONCE
    action = _action(trap.action, walk, shell)
    if action is None:
        return Verdict.UNKNOWN, Cause.UNPARSABLE
    if steps[holder].name != "wait" and not _naps(steps[holder]):
        # The trap waits for whatever runs in the foreground.
        if not group:
            return past, Cause.TRAP_DEFERRED
        return (past, Cause.NONE) if action.waits else (Verdict.CUT, Cause.TRAP_ONE_WAIT)
    return _handled(steps, action, trap, program, holder, pid1=pid1, group=group)


def _handled(
    steps: Sequence[Step],
    action: _Action,
    trap: Trap,
    program: int,
    holder: int,
    *,
    pid1: bool,
    group: bool,
) -> tuple[Verdict, Cause]:
    """The trap runs at once; does it reach the program, and does the shell stay for it?"""
    stays_on = not action.exits and (_waits_again(steps, holder) or action.waits)
    if action.kills and not (action.by_variable and trap.index < program):
        if action.hard:
            return Verdict.CUT, Cause.TRAP_KILLS
        if not action.whole_group and not steps[program].place.direct:
            # `$!` names a subshell, and what that does with its child depends on the shell.
            return Verdict.UNKNOWN, Cause.BACKGROUND
        if action.whole_group and action.resets and not pid1:
            return Verdict.CUT, Cause.TRAP_KILLS
        if action.waits:
            return Verdict.DELIVERED, Cause.NONE
        if not stays_on:
            return Verdict.CUT, Cause.TRAP_ONE_WAIT
        if action.whole_group and not (action.resets or action.ignores):
            return Verdict.UNKNOWN, Cause.TRAP_KILLS
        return Verdict.DELIVERED, Cause.NONE
    cause = Cause.TRAP_EXPANDED_EARLY if action.kills else Cause.TRAP_WITHOUT_FORWARD
    if action.other:
        return Verdict.UNKNOWN, cause
    if _kills_later(steps, holder) and not action.exits:
        return Verdict.DELIVERED, Cause.NONE
    if stays_on:
        return (Verdict.DELIVERED if group else Verdict.SWALLOWED), cause
    return Verdict.CUT, cause


def _on_exit(
    steps: Sequence[Step], walk: Walk, background: bool, trap: Trap | None, shell: Shell
) -> tuple[Verdict, Cause] | None:
    """bash and ksh93 end on SIGTERM where an EXIT trap is set, even as PID 1; mksh in `wait`."""
    if trap is None or trap.action is None:
        return None
    if shell not in (Shell.BASH, Shell.KSH) and not (shell is Shell.MKSH and background):
        return None
    action = _action(trap.action, walk, shell)
    if action is None:
        return Verdict.UNKNOWN, Cause.UNPARSABLE
    if background and action.kills and action.waits and not action.hard:
        return Verdict.DELIVERED, Cause.NONE
    return Verdict.CUT, Cause.TRAP_ONE_WAIT if action.kills else Cause.TRAP_WITHOUT_FORWARD


def _action(word: Word, walk: Walk, shell: Shell) -> _Action | None:
    """What the text of a trap does; None where it cannot be read."""
    inner = Walk(functions=dict(walk.functions), scripts=walk.scripts)
    try:
        steps = inner.run(parse(word.text))
    except Unparsable:
        return None
    kills = hard = by_variable = whole = resets = ignores = waits = exits = other = False
    for step in steps:
        arguments = [w.text for w in step.words[1:]]
        if step.name in ("kill", "pkill", "killall") and "-0" not in arguments:
            if shell in (Shell.DASH, Shell.ZSH) and any(_lists_jobs(w) for w in step.words):
                # There, `$(jobs -p)` is empty in the subshell of a substitution.
                continue
            if shell is Shell.DASH and any(a.startswith("%") for a in arguments):
                continue
            kills, waits = True, False
            hard = hard or any(signal_name(a.lstrip("-"), shell) == "KILL" for a in arguments)
            own_group = any(a in ("0", "-$$", "-1") for a in arguments)
            whole = whole or own_group or step.name != "kill"
            by_variable = by_variable or (
                not word.literal
                and not own_group
                and any(not w.literal and "$$" not in w.text for w in step.words[1:])
            )
        elif step.name == "trap":
            changed = arguments[:1] if len(arguments) > 1 else ["-"]
            resets, ignores = resets or changed == ["-"], ignores or changed == [""]
        elif step.name == "wait":
            waits = True
        elif step.name == "exit":
            exits = True
        elif not step.frames & Frame.SUBSTITUTION:
            other = other or role(bare(step.words)) is not Role.UTILITY
    return _Action(kills, hard, by_variable, whole, resets, ignores, waits, exits, other)


def _lists_jobs(word: Word) -> bool:
    return bool(word.substitutions) and "jobs" in word.text


def _waits_again(steps: Sequence[Step], holder: int) -> bool:
    """Whether the shell waits once more after the wait that the trap interrupts."""
    if steps[holder].frames & Frame.LOOP:
        return True
    return any(s.name == "wait" and not s.frames & _ELSEWHERE for s in steps[holder + 1 :])


def _kills_later(steps: Sequence[Step], holder: int) -> bool:
    """Whether the script itself kills and waits after the interrupted wait."""
    kill = next((n for n in range(holder + 1, len(steps)) if steps[n].name == "kill"), None)
    return kill is not None and any(step.name == "wait" for step in steps[kill + 1 :])


def _naps(step: Step) -> bool:
    """Whether it is a short sleep in a loop, after which a trap runs."""
    if not step.frames & Frame.LOOP or step.name != "sleep" or len(step.words) < 2:
        return False
    try:
        return float(step.words[1].text.removesuffix("s")) <= _SHORT_SLEEP
    except ValueError:
        return False
