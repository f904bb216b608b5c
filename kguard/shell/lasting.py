"""What a shell stays at for as long as the container lives, and what has ended before it got there.

Where `tail -f log`, `sleep infinity` or a loop of naps stands behind a command, whoever wrote it
knows that the command ends or puts itself into the background: the rest would never run.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence

from kguard.shell.programs import Role, role
from kguard.shell.steps import Frame, Step
from kguard.shell.syntax import Loop, Pipeline, Simple, Test
from kguard.shell.wrappers import bare

_LONG = 3600.0
"""Seconds from which on a `sleep` is there to keep the container alive; a shorter one is a pause"""

_LENGTH = re.compile(r"\+?([0-9]{0,18}(?:\.[0-9]{0,18})?(?:[eE][+-]?[0-9]{1,2})?)([smhd]?)")
_UNITS = {"": 1, "s": 1, "m": 60, "h": 3600, "d": 86_400}
# They succeed always, or for as long as what they look for is there.
_HOLDING = frozenset(("true", ":", "sleep", "date", "echo", "kill", "pgrep", "pidof", "ps"))
_PIPED = Frame.PIPE | Frame.PIPE_END
_ASIDE = Frame.BACKGROUND | Frame.SUBSTITUTION
# Their success says nothing about anything, so that `&&` behind them decides nothing.
_DOING = frozenset((":", "cd", "chmod", "chown", "cp", "date", "echo", "export", "kill", "ln"))
_DOING |= {"mkdir", "mount", "mv", "printf", "rm", "sed", "set", "sleep", "sysctl", "tar", "tee"}
_DOING |= {"touch", "trap", "true", "ulimit", "umask", "unset", "wait", ".", "source"}


def sleep_seconds(words: Sequence[str]) -> float | None:
    """How long a `sleep` with these arguments takes, which it adds up; None where none can tell.

    `infinity` has no end. Hexadecimal numbers, which it takes, nobody writes. Source: coreutils
    src/sleep.c.
    """
    try:
        return sum(map(_length, words)) if words else None
    except ValueError:
        return None


def _length(word: str) -> float:
    """Raises ValueError for what is no length of time."""
    if word.lower().removeprefix("+") in ("inf", "infinity"):
        return math.inf
    match = _LENGTH.fullmatch(word)
    if match is None:
        raise ValueError(word)
    return float(match[1]) * _UNITS[match[2]]  # A point or a unit alone is no number either.


def lasts(loop: Loop) -> bool:
    """Whether the condition of a loop holds for as long as the container is to live."""
    if loop.condition is None or not loop.condition.items:
        return False
    item = loop.condition.items[-1]
    if item.background or "||" in item.operators:
        return False
    if loop.keyword == "until":
        return len(item.pipelines) == 1 and _word(item.pipelines[0]) == "false"
    return all(_holds(pipeline) for pipeline in item.pipelines)


def _holds(pipeline: Pipeline) -> bool:
    command = pipeline.commands[-1]
    if pipeline.negated:
        return False
    if isinstance(command, Test):
        return command.arithmetic and command.text.strip() == "1"
    if not isinstance(command, Simple):
        return False
    texts = " ".join(word.text for word in command.words)
    return texts in ("[ 1 ]", "[ true ]", "[ : ]") or _word(pipeline) in _HOLDING


def _word(pipeline: Pipeline) -> str:
    """The first word of a command; empty where it is not known, or there is none."""
    command = pipeline.commands[-1]
    words = command.words if isinstance(command, Simple) else ()
    return words[0].text.rpartition("/")[2] if words and words[0].literal else ""


def decides(pipeline: Pipeline) -> bool:
    """Whether what stands behind `&&` may not run although nothing went wrong.

    After a test, or a program that is asked for something; not where a server has to start first.
    """
    command = pipeline.commands[-1]
    if pipeline.negated or isinstance(command, Test):
        return True
    if not isinstance(command, Simple) or not command.words:
        return False
    texts = [word.text for word in command.words]
    if not command.words[0].literal:
        return True
    return role(texts) is Role.UTILITY and _word(pipeline) not in _DOING


class Keepers:
    """The steps of a text at which the shell stays for ever, in their order; `roles` are those of
    all its steps."""

    def __init__(self, steps: Sequence[Step], roles: Sequence[Role]) -> None:
        self._steps, self._roles = steps, roles
        self.found: list[int] = []
        candidates = [
            index
            for index, step in enumerate(steps)
            if roles[index] is Role.KEEPALIVE or any(each.lasts for each in step.place.rounds)
        ]
        if not candidates:  # As in most texts.
            return
        self._left = {
            step.place.rounds[-1].number
            for step in steps
            if step.place.rounds and step.name == "break"
        }
        self._waits = [
            index
            for index, step in enumerate(steps)
            if step.name in ("wait", "fg") and not step.frames & _ASIDE
        ]
        self.found = [index for index in candidates if self._keeps(index)]

    def first(self, after: int = -1) -> int | None:
        """The step at which the shell stays once it has come past step `after`: what waits there,
        where something does."""
        later = [index for index in self.found if index > after]
        for aside, waiting in ((False, True), (True, True), (False, False), (True, False)):
            for index in later:
                waits = self._roles[index] is Role.KEEPALIVE
                if bool(self._steps[index].frames & _ASIDE) is aside and waits is waiting:
                    return index
        return None

    def outlast(self, index: int) -> bool:
        """Whether a command has ended, or gone into the background, when the shell stays."""
        step = self._steps[index]
        if self._roles[index] is Role.SERVER:
            return False
        return any(other > index and self._behind(step, self._steps[other]) for other in self.found)

    def _behind(self, step: Step, keeper: Step) -> bool:
        if not set(keeper.place.parts) <= set(step.place.parts):
            return False
        aside = step.place.job and step.place.job != keeper.place.job
        if aside or (step.frames & _PIPED and keeper.frames & _PIPED):
            return False  # They may run at the same time.
        around = {each.number for each in step.place.rounds}
        return is_endless(keeper) or any(
            each.number not in around and self._is_lasting(each.number, each.lasts)
            for each in keeper.place.rounds
        )

    def _is_lasting(self, number: int, lasts: bool) -> bool:
        return lasts and number not in self._left

    def _keeps(self, index: int) -> bool:
        step = self._steps[index]
        if step.frames & Frame.SUBSTITUTION:
            return False
        looped = any(self._is_lasting(each.number, each.lasts) for each in step.place.rounds)
        waits = self._roles[index] is Role.KEEPALIVE
        if not looped and (step.frames & Frame.CONDITION or not is_endless(step)):
            return False
        if not step.frames & Frame.BACKGROUND:
            return True
        return waits and any(
            wait > index and set(self._steps[wait].place.parts) <= set(step.place.parts)
            for wait in self._waits
        )


def is_endless(step: Step) -> bool:
    """Whether it only waits, and for ever."""
    words = bare(step.words)
    if role(words) is not Role.KEEPALIVE:
        return False
    name = words[0].rpartition("/")[2]
    if name == "sleep":
        return (sleep_seconds(words[1:]) or 0) >= _LONG
    if name == "cat":
        reads = any(redirect.operator.startswith("<") for redirect in step.command.redirects)
        return not reads and not step.frames & Frame.PIPE_END
    return True
