"""Which commands a shell text runs, in order, and what each one stands in.

Function calls, `eval` of fixed text, `.` of known files, `"$@"` and variables that are set once to
fixed text are followed. Nothing is executed.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import Flag, auto

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
    Test,
    Unparsable,
    Word,
)

MAX_STEPS = 5_000
MAX_CALLS = 20

_VARIABLE = re.compile(r"\$(?:\{([A-Za-z_]\w*|[0-9@*])\}|([A-Za-z_]\w*|[0-9@*]))\Z")
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
    FOR = auto()
    CONDITION = auto()
    FUNCTION = auto()
    SUBSTITUTION = auto()
    EVAL = auto()
    SOURCE = auto()
    NEGATED = auto()
    TIMED = auto()
    REDIRECTED = auto()


@dataclass(frozen=True, slots=True)
class Step:
    """One simple command as it will run.

    `words` after expansion of what is known. `tail`: the shell runs nothing after it. `follows`:
    what stands behind it where it is no tail (`&&`, `||`, `;`). `unconditional`: nothing decides
    whether it runs. `line_end`: the end of its line as far as bash's parser is concerned.
    `direct`: in the background, it is itself the process `$!` names. `own_text`: its offsets are
    those of the analysed text, not of a nested one.
    """

    command: Simple
    words: tuple[Word, ...]
    frames: Frame
    tail: bool
    follows: str
    unconditional: bool
    line_end: bool
    direct: bool
    own_text: bool

    @property
    def name(self) -> str:
        """The command's first word without a folder; empty for assignments."""
        return base_name(self.words[0].text) if self.words else ""

    @property
    def replaces(self) -> bool:
        """Whether it is an `exec` with a command."""
        words = list(self.words)
        while words and words[0].text in ("command", "builtin") and len(words) > 1:
            words = words[1:]
        return len(words) > 1 and words[0].text == "exec" and words[0].literal


@dataclass(slots=True)
class Walk:
    """Steps are collected in `steps`; `opaque` says that some part could not be followed."""

    positional: tuple[Word, ...] = ()
    zero: Word | None = None
    scripts: Mapping[str, str] = field(default_factory=dict)
    steps: list[Step] = field(default_factory=list)
    functions: dict[str, Command] = field(default_factory=dict)
    variables: dict[str, Word | None] = field(default_factory=dict)
    opaque: bool = False
    _calls: int = 0
    _own: bool = True
    _limit: bool = False

    def run(self, program: List) -> list[Step]:
        """All steps of a program, in the order in which the shell comes to them."""
        self._define(program)
        self._list(program, Frame.TOP, True, "", True, True)
        return self.steps

    def _define(self, program: List) -> None:
        """Note every function of the outermost list, so that a trap can name a later one."""
        for item in program.items:
            for pipeline in item.pipelines:
                for command in pipeline.commands:
                    if isinstance(command, Function):
                        self.functions[command.name] = command.body

    def _list(
        self, body: List, frames: Frame, tail: bool, follows: str, sure: bool, direct: bool
    ) -> bool:
        """Walk a list; True where nothing behind it is ever reached."""
        for number, item in enumerate(body.items):
            last = number == len(body.items) - 1
            previous = body.items[number - 1] if number else None
            line_end = item.fresh or (
                previous is not None and not previous.background and len(item.pipelines) == 1
            )
            ended = self._item(
                item,
                frames,
                tail and last,
                (follows if last else ";") or ("" if tail else ";"),
                sure,
                line_end,
                direct and (len(body.items) == 1 or bool(item.background)),
            )
            if ended and not item.background:
                return True
        return False

    def _item(
        self,
        item: Item,
        frames: Frame,
        tail: bool,
        follows: str,
        sure: bool,
        line_end: bool,
        direct: bool,
    ) -> bool:
        if item.background:
            frames |= Frame.BACKGROUND
            tail, direct = False, len(item.pipelines) == 1
        ended = False
        for number, pipeline in enumerate(item.pipelines):
            last = number == len(item.pipelines) - 1
            surely = sure and not number
            inner = frames
            if pipeline.negated:
                inner |= Frame.NEGATED
            if pipeline.timed:
                inner |= Frame.TIMED
            behind = follows if last else item.operators[number]
            several = len(pipeline.commands) > 1
            for place, command in enumerate(pipeline.commands):
                final = place == len(pipeline.commands) - 1
                piped = inner | (
                    (Frame.PIPE_END if final else Frame.PIPE) if several else Frame.TOP
                )
                ended = self._command(
                    command,
                    piped,
                    tail and last and final,
                    behind if final else "|",
                    surely,
                    line_end,
                    direct and not several,
                )
                ended = ended and not several
            if ended and surely and not item.background:
                return True
        return False

    def _command(
        self,
        command: Command,
        frames: Frame,
        tail: bool,
        follows: str,
        sure: bool,
        line_end: bool,
        direct: bool,
    ) -> bool:
        if isinstance(command, Simple):
            return self._simple(command, frames, tail, follows, sure, line_end, direct)
        if isinstance(command, Function):
            self.functions[command.name] = command.body
            return False
        if command.redirects:
            frames |= Frame.REDIRECTED
        if isinstance(command, Group):
            frames |= Frame.SUBSHELL if command.subshell else Frame.BRACE
            ended = self._list(command.body, frames, tail, follows, sure, direct)
            return ended and not command.subshell
        if isinstance(command, If):
            return self._if(command, frames, tail, follows)
        if isinstance(command, Case):
            for clause in command.clauses:
                self._list(clause, frames | Frame.BRANCH, tail, follows, False, False)
            return False
        if isinstance(command, Loop):
            return self._loop(command, frames, sure)
        assert isinstance(command, Test)
        return False

    def _if(self, command: If, frames: Frame, tail: bool, follows: str) -> bool:
        endings = []
        for condition, body in command.branches:
            self._list(condition, frames | Frame.CONDITION, False, ";", False, False)
            endings.append(self._list(body, frames | Frame.BRANCH, tail, follows, False, False))
        if command.otherwise is None:
            return False
        rest = self._list(command.otherwise, frames | Frame.BRANCH, tail, follows, False, False)
        return rest and all(endings)

    def _loop(self, command: Loop, frames: Frame, sure: bool) -> bool:
        inner = frames | (Frame.LOOP if command.condition else Frame.LOOP | Frame.FOR)
        before = len(self.steps)
        if command.condition:
            self._list(command.condition, inner | Frame.CONDITION, False, ";", sure, False)
        condition = [step for step in self.steps[before:]]
        self._list(command.body, inner, False, ";", sure, False)
        leaves = any(s.name in ("break", "exit", "return", "exec") for s in self.steps[before:])
        return command.keyword == "while" and not leaves and _always(condition) and sure

    def _simple(
        self,
        command: Simple,
        frames: Frame,
        tail: bool,
        follows: str,
        sure: bool,
        line_end: bool,
        direct: bool,
    ) -> bool:
        if len(self.steps) >= MAX_STEPS:
            raise Unparsable(f"runs more than {MAX_STEPS} commands")
        for word in (*command.assignments, *command.words, *(r.target for r in command.redirects)):
            for program in word.substitutions:
                self._list(program, frames | Frame.SUBSTITUTION, False, ";", False, False)
        words = self._expand(command.words)
        if not words:
            self._assign(command.assignments, sure and not frames)
            return False
        name = words[0].text if words[0].literal else ""
        if name in self.functions and self._calls < MAX_CALLS:
            return self._call(self.functions[name], words, frames, tail, follows, sure)
        if name == "eval":
            return self._eval(words[1:], frames, tail, follows, sure)
        if name in (".", "source") and len(words) > 1 and words[1].text in self.scripts:
            return self._nested(
                parse(self.scripts[words[1].text]), frames | Frame.SOURCE, False, follows, sure
            )
        if name == "set" and sure:
            dashes = [n for n, w in enumerate(words) if w.text == "--"]
            if dashes:
                self.positional = words[dashes[0] + 1 :]
        if name == "shift" and sure:
            count = int(words[1].text) if len(words) > 1 and words[1].text.isdecimal() else 1
            self.positional = self.positional[count:]
        step = Step(
            command, words, frames, tail, follows, sure, line_end, direct or False, self._own
        )
        self.steps.append(step)
        leaves = name == "exit" or step.replaces
        return leaves and not frames & (Frame.BACKGROUND | Frame.SUBSTITUTION)

    def _call(
        self,
        body: Command,
        words: Sequence[Word],
        frames: Frame,
        tail: bool,
        follows: str,
        sure: bool,
    ) -> bool:
        positional, self.positional = self.positional, tuple(words[1:])
        self._calls += 1
        ended = self._command(body, frames | Frame.FUNCTION, tail, follows, sure, False, False)
        self._calls -= 1
        self.positional = positional
        return ended

    def _eval(
        self, words: Sequence[Word], frames: Frame, tail: bool, follows: str, sure: bool
    ) -> bool:
        if not all(word.literal for word in words):
            self.opaque = True
            return False
        program = parse(" ".join(word.text for word in words))
        return self._nested(program, frames | Frame.EVAL, tail, follows, sure)

    def _nested(
        self, program: List, frames: Frame, tail: bool, follows: str, sure: bool
    ) -> bool:
        if self._calls >= MAX_CALLS:
            raise Unparsable(f"nested deeper than {MAX_CALLS} levels")
        own, self._own = self._own, False
        self._calls += 1
        ended = self._list(program, frames, tail, follows, sure, False)
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
        return tuple(found)


def _always(condition: Sequence[Step]) -> bool:
    return len(condition) == 1 and " ".join(w.text for w in condition[0].words) in _ALWAYS
