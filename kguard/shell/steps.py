"""The commands that a shell text runs, and what each one stands in."""

from __future__ import annotations

import re
from collections.abc import Sequence
from enum import Flag, auto

from kguard.record import record, replace
from kguard.shell.programs import base_name
from kguard.shell.syntax import List, Simple, Word

_KUBERNETES_NAME = re.compile(r"[A-Z_][A-Z0-9_]*\Z")
_ALWAYS = frozenset(("true", ":", "[ 1 ]", "[ true ]"))


class Frame(Flag):
    """What a command stands in."""

    TOP = 0
    BACKGROUND = auto()
    PIPE = auto()
    PIPE_END = auto()
    SUBSHELL = auto()
    BRACE = auto()
    BRANCH = auto()
    LOOP = auto()
    CONDITION = auto()
    FUNCTION = auto()
    SUBSTITUTION = auto()
    EVAL = auto()
    SOURCE = auto()
    NEGATED = auto()
    TIMED = auto()
    REDIRECTED = auto()


@record
class Round:
    """A loop around a command. `outside`: what the loop stands in; `lasts`: its condition holds
    for as long as the container is to live."""

    number: int
    outside: Frame
    lasts: bool


@record
class Place:
    """Where a command stands.

    `tail`: the shell runs nothing after it; else `follows` is what stands behind it (`&&`, `||`,
    `;`, `|`). `sure`: nothing decides whether it runs. `line_end`: bash's parser takes it for the
    last command of its line. `direct`: in the background, it is itself the process `$!` names.
    `rounds` are the loops around it, the outermost first, and `parts` the numbers of the parts that
    run only where a test, or a failure, has the shell take them. `job` is the number of the list in
    the background in which it stands, 0 where it stands in none.
    """

    frames: Frame = Frame.TOP
    tail: bool = True
    follows: str = ""
    sure: bool = True
    line_end: bool = True
    direct: bool = True
    rounds: tuple[Round, ...] = ()
    parts: tuple[int, ...] = ()
    job: int = 0

    def inside(self, frame: Frame) -> Place:
        """The same place, standing in `frame` too."""
        return replace(self, frames=self.frames | frame)

    def aside(self, frame: Frame) -> Place:
        """A place whose commands are run and then others."""
        frames = self.frames | frame
        return Place(frames, False, ";", False, False, False, self.rounds, self.parts, self.job)

    def part(self, number: int) -> Place:
        """The same place, in a part that is taken or not."""
        return replace(self, parts=(*self.parts, number))


@record
class Step:
    """One simple command as it will run: `words` after expansion of what is known.

    `own_text`: its offsets are those of the analysed text, not of a nested one.
    """

    command: Simple
    words: tuple[Word, ...]
    place: Place
    own_text: bool

    @property
    def frames(self) -> Frame:
        """What it stands in."""
        return self.place.frames

    @property
    def name(self) -> str:
        """The command's first word without a folder; empty where it is not known."""
        return base_name(self.words[0].text) if self.words and self.words[0].literal else ""

    @property
    def replaces(self) -> bool:
        """Whether it is an `exec` with a command."""
        words = self.words
        while len(words) > 1 and words[0].text in ("command", "builtin"):
            words = words[1:]
        return len(words) > 1 and words[0].text == "exec" and words[0].literal


def is_kubernetes_variable(program: List) -> bool:
    """Whether `$(NAME)` is one: the kubelet puts its value in before a shell sees the text."""
    if len(program.items) != 1 or len(program.items[0].pipelines) != 1:
        return False
    commands = program.items[0].pipelines[0].commands
    command = commands[0]
    if len(commands) != 1 or not isinstance(command, Simple) or len(command.words) != 1:
        return False
    return bool(_KUBERNETES_NAME.match(command.words[0].text)) and not command.assignments


def always(condition: Sequence[Step]) -> bool:
    """Whether the condition of a loop is one that always holds."""
    return len(condition) == 1 and " ".join(w.text for w in condition[0].words) in _ALWAYS
