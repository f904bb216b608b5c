"""Which commands a shell text runs, in order, and what each one stands in.

Function calls, `eval` of fixed text, `.` of known files, `"$@"` and variables that are set once to
fixed text are followed. Nothing is executed.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from enum import Flag, auto
from typing import TypeAlias

from kguard.record import field, record, replace
from kguard.shell.parse import parse
from kguard.shell.programs import base_name
from kguard.shell.syntax import (
    Case,
    Command,
    Function,
    Group,
    If,
    Item,
    List,
    Loop,
    Simple,
    Unparsable,
    Word,
)

Scripts: TypeAlias = Callable[[str], str | None]
"""The text of a script file by what it is called; None where it is not known."""

MAX_STEPS = 500
MAX_CALLS = 20
MAX_VISITED = 2000
"""Commands that are looked at, whether they become steps or not: functions that call each other
twice would take time without end."""
MAX_WORDS = 1000
"""Words of one command: `set -- "$@" "$@"` doubles them line by line."""

_VARIABLE = re.compile(r"\$(?:\{([A-Za-z_]\w*|[0-9@*])\}|([A-Za-z_]\w*|[0-9@*]))\Z")
_KUBERNETES_NAME = re.compile(r"[A-Z_][A-Z0-9_]*\Z")
_ALWAYS = frozenset(("true", ":", "[ 1 ]", "[ true ]"))


def no_scripts(name: str) -> str | None:
    """What is known of script files where none was seen: nothing."""
    return None


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
class Place:
    """Where a command stands.

    `tail`: the shell runs nothing after it; else `follows` is what stands behind it (`&&`, `||`,
    `;`, `|`). `sure`: nothing decides whether it runs. `line_end`: bash's parser takes it for the
    last command of its line. `direct`: in the background, it is itself the process `$!` names.
    """

    frames: Frame = Frame.TOP
    tail: bool = True
    follows: str = ""
    sure: bool = True
    line_end: bool = True
    direct: bool = True

    def inside(self, frame: Frame) -> Place:
        """The same place, standing in `frame` too."""
        return replace(self, frames=self.frames | frame)

    def aside(self, frame: Frame) -> Place:
        """A place whose commands are run and then others."""
        return Place(self.frames | frame, False, ";", False, False, False)


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


@record(frozen=False)
class Walk:
    """Steps are collected in `steps`; `opaque` says that some part could not be followed."""

    positional: tuple[Word, ...] = ()
    zero: Word | None = None
    scripts: Scripts = no_scripts
    steps: list[Step] = field(default_factory=list)
    functions: dict[str, Command] = field(default_factory=dict)
    variables: dict[str, Word | None] = field(default_factory=dict)
    opaque: bool = False
    _calls: int = 0
    _visited: int = 0
    _own: bool = True
    _parsed: dict[str, List] = field(default_factory=dict)
    """Nested texts; a file may be read in again and again."""

    def run(self, program: List) -> list[Step]:
        """All steps of a program, in the order in which the shell comes to them."""
        for item in program.items:
            for pipeline in item.pipelines:
                for command in pipeline.commands:
                    # Noted first, so that a trap can name a function defined further down.
                    if isinstance(command, Function):
                        self.functions[command.name] = command.body
        self._list(program, Place())
        return self.steps

    def _list(self, body: List, place: Place) -> bool:
        """Walk a list; True where nothing behind it is ever reached."""
        previous: Item | None = None
        for number, item in enumerate(body.items):
            last = number == len(body.items) - 1
            before, previous = previous, item
            here = replace(
                place,
                tail=place.tail and last,
                follows=place.follows if last else ";",
                line_end=item.fresh
                or (before is not None and not before.background and len(item.pipelines) == 1),
                direct=place.direct and len(body.items) == 1,
            )
            if item.background:
                here = replace(here.inside(Frame.BACKGROUND), tail=False, direct=True)
            if self._item(item, here) and not item.background:
                return True
        return False

    def _item(self, item: Item, place: Place) -> bool:
        several_pipelines = len(item.pipelines) > 1
        for number, pipeline in enumerate(item.pipelines):
            last = number == len(item.pipelines) - 1
            here = replace(
                place,
                tail=place.tail and last,
                follows=place.follows if last else item.operators[number],
                sure=place.sure and not number,
                direct=place.direct and not several_pipelines,
            )
            if pipeline.negated:
                here = here.inside(Frame.NEGATED)
            if pipeline.timed:
                here = here.inside(Frame.TIMED)
            if len(pipeline.commands) == 1:
                if self._command(pipeline.commands[0], here) and here.sure:
                    return True
                continue
            here = replace(here, direct=False)
            for command in pipeline.commands[:-1]:
                self._command(command, replace(here.inside(Frame.PIPE), tail=False, follows="|"))
            self._command(pipeline.commands[-1], here.inside(Frame.PIPE_END))
        return False

    def _command(self, command: Command, place: Place) -> bool:
        self._visited += 1
        if self._visited > MAX_VISITED:
            raise Unparsable(f"runs more than {MAX_VISITED} commands")
        if isinstance(command, Simple):
            return self._simple(command, place)
        if isinstance(command, Function):
            self.functions[command.name] = command.body
            return False
        if command.redirects:
            place = place.inside(Frame.REDIRECTED)
        if isinstance(command, Group):
            frame = Frame.SUBSHELL if command.subshell else Frame.BRACE
            return self._list(command.body, place.inside(frame)) and not command.subshell
        if isinstance(command, If):
            return self._if(command, place)
        if isinstance(command, Case):
            inner = replace(place.inside(Frame.BRANCH), sure=False, direct=False)
            for clause in command.clauses:
                self._list(clause, inner)
        if isinstance(command, Loop):
            return self._loop(command, place)
        return False

    def _if(self, command: If, place: Place) -> bool:
        inner = replace(place.inside(Frame.BRANCH), sure=False, direct=False)
        endings = []
        for condition, body in command.branches:
            self._list(condition, place.aside(Frame.CONDITION))
            endings.append(self._list(body, inner))
        if command.otherwise is None:
            return False
        return self._list(command.otherwise, inner) and all(endings)

    def _loop(self, command: Loop, place: Place) -> bool:
        inner = place.aside(Frame.LOOP)
        before = len(self.steps)
        if command.condition:
            self._list(command.condition, inner.inside(Frame.CONDITION))
        condition = self.steps[before:]
        self._list(command.body, inner)
        leaves = any(s.name in ("break", "exit", "return", "exec") for s in self.steps[before:])
        return place.sure and command.keyword == "while" and not leaves and _always(condition)

    def _simple(self, command: Simple, place: Place) -> bool:
        if len(self.steps) >= MAX_STEPS:
            raise Unparsable(f"runs more than {MAX_STEPS} commands")
        for word in (*command.assignments, *command.words, *(r.target for r in command.redirects)):
            for program in word.substitutions:
                if not _is_kubernetes_variable(program):
                    self._list(program, place.aside(Frame.SUBSTITUTION))
        words = self._expand(command.words)
        if not words:
            self._assign(command.assignments, place.sure and not place.frames)
            return False
        name = words[0].text if words[0].literal else ""
        if name in self.functions and self._calls < MAX_CALLS:
            return self._call(self.functions[name], words, place)
        if name == "eval":
            if not all(word.literal for word in words):
                self.opaque = True
                return False
            text = " ".join(word.text for word in words[1:])
            return self._nested(text, place.inside(Frame.EVAL))
        if name in (".", "source") and len(words) > 1:
            script = self.scripts(words[1].text)
            if script is not None:
                return self._nested(script, place.inside(Frame.SOURCE))
        if place.sure:
            self._set(name, words)
        step = Step(command, words, place, self._own)
        self.steps.append(step)
        leaves = name == "exit" or step.replaces
        return leaves and not place.frames & (Frame.BACKGROUND | Frame.SUBSTITUTION)

    def _set(self, name: str, words: tuple[Word, ...]) -> None:
        if name == "set":
            dashes = [number for number, word in enumerate(words) if word.text == "--"]
            if dashes:
                self.positional = words[dashes[0] + 1 :]
        elif name == "shift":
            count = words[1].text if len(words) > 1 else "1"
            if count.isascii() and count.isdecimal():
                self.positional = self.positional[int(count) :]

    def _call(self, body: Command, words: tuple[Word, ...], place: Place) -> bool:
        positional, self.positional = self.positional, words[1:]
        self._calls += 1
        ended = self._command(body, replace(place.inside(Frame.FUNCTION), direct=False))
        self._calls -= 1
        self.positional = positional
        return ended

    def _nested(self, text: str, place: Place) -> bool:
        if self._calls >= MAX_CALLS:
            raise Unparsable(f"nested deeper than {MAX_CALLS} levels")
        program = self._parsed.get(text)
        if program is None:
            program = self._parsed[text] = parse(text)
        own, self._own = self._own, False
        self._calls += 1
        ended = self._list(program, replace(place, direct=False))
        self._calls -= 1
        self._own = own
        return ended

    def _assign(self, assignments: Sequence[Word], sure: bool) -> None:
        for word in assignments:
            name, _, value = word.text.partition("=")
            known = sure and word.literal and name not in self.variables
            self.variables[name] = replace(word, text=value, quoted=False) if known else None

    def _expand(self, words: Sequence[Word]) -> tuple[Word, ...]:
        """The words with positional parameters and variables of known value put in."""
        found: list[Word] = []
        for word in words:
            match = None if word.literal or word.substitutions else _VARIABLE.match(word.text)
            if match is None:
                found.append(word)
                continue
            name = match.group(1) or match.group(2)
            if name in ("@", "*"):
                found += self.positional
            elif name == "0" and self.zero is not None:
                found.append(self.zero)
            elif name.isdecimal() and 0 < int(name) <= len(self.positional):
                found.append(self.positional[int(name) - 1])
            else:
                value = self.variables.get(name)
                if value is None:
                    found.append(word)
                else:
                    pieces = [value.text] if word.quoted else value.text.split()
                    found += [replace(value, text=piece) for piece in pieces]
            if len(found) > MAX_WORDS:
                raise Unparsable(f"runs a command of more than {MAX_WORDS} words")
        return tuple(found)


def _is_kubernetes_variable(program: List) -> bool:
    """Whether `$(NAME)` is one: the kubelet puts its value in before a shell sees the text."""
    if len(program.items) != 1 or len(program.items[0].pipelines) != 1:
        return False
    commands = program.items[0].pipelines[0].commands
    command = commands[0]
    if len(commands) != 1 or not isinstance(command, Simple) or len(command.words) != 1:
        return False
    return bool(_KUBERNETES_NAME.match(command.words[0].text)) and not command.assignments


def _always(condition: Sequence[Step]) -> bool:
    return len(condition) == 1 and " ".join(w.text for w in condition[0].words) in _ALWAYS
