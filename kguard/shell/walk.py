"""Which commands a shell text runs, in order, and what each one stands in.

Function calls, `eval` of fixed text, `.` of known files, `"$@"` and variables that are set once to
fixed text are followed, and of a `case` or `if` that parameters of known value decide only the part
that is taken. Nothing is executed.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import TypeAlias

from kguard.record import field, record, replace
from kguard.shell.decide import is_understood, outcome, size, taken
from kguard.shell.lasting import decides, lasts
from kguard.shell.parameters import ONE_WORD, Parameters, asks_for_all, changes_parameters, operands
from kguard.shell.parse import parse
from kguard.shell.steps import Frame, Place, Round, Step, always, is_kubernetes_variable
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
from kguard.shell.verdict import Shell

Scripts: TypeAlias = Callable[[str], str | None]
"""The text of a script file by what it is called; None where it is not known."""

MAX_STEPS = 500
MAX_CALLS = 20
MAX_VISITED = 2000
"""Commands that are looked at, whether they become steps or not: functions that call each other
twice would take time without end."""
MAX_WORDS = 1000
"""Words of one command: `set -- "$@" "$@"` doubles them line by line."""
MAX_DECIDED = 20_000
"""Characters of tests and patterns that are read, those of functions with every call."""

_VARIABLE = re.compile(r"\$(?:\{([A-Za-z_]\w*|[0-9@*])\}|([A-Za-z_]\w*|[0-9@*]))\Z")
# What is set there is set for another process, or not for sure.
_ELSEWHERE = Frame.BACKGROUND | Frame.PIPE | Frame.PIPE_END | Frame.SUBSHELL | Frame.SUBSTITUTION
_FOLLOWED = ("set", "shift")
_SETTING = frozenset((*_FOLLOWED, "eval", ".", "source", "command", "builtin"))


def no_scripts(name: str) -> str | None:
    """What is known of script files where none was seen: nothing."""
    return None


@record(frozen=False)
class Walk:
    """Steps are collected in `steps`; `opaque` says that some part could not be followed.

    `known`: the words in `positional` are what the shell has, so that they decide what is run;
    `more`: whoever starts it may give further ones. `shell` is the one that reads the text, where
    that makes a difference.
    """

    positional: tuple[Word, ...] = ()
    zero: Word | None = None
    scripts: Scripts = no_scripts
    steps: list[Step] = field(default_factory=list)
    functions: dict[str, Command] = field(default_factory=dict)
    variables: dict[str, Word | None] = field(default_factory=dict)
    opaque: bool = False
    known: bool = False
    more: bool = False
    nounset: bool = False
    shell: Shell | None = None
    _status: bool | None = None
    """Whether the command that was walked last succeeds, where that is certain."""
    _returned: bool = False
    _lost: int = 0
    """How often the positional parameters became unknown."""
    _decided: int = 0
    _calls: int = 0
    _visited: int = 0
    _numbered: int = 0
    _foreign: set[str] = field(default_factory=set)
    """The functions whose text is another one than that which is walked."""
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
                here = here.inside(Frame.BACKGROUND)
                here = replace(here, tail=False, direct=True, job=self._number())
            if self._item(item, here) and not item.background:
                return True
        return False

    def _item(self, item: Item, place: Place) -> bool:
        several_pipelines = len(item.pipelines) > 1
        understood = not several_pipelines or is_understood(item, self.shell)
        status: bool | None = None
        part = place
        for number, pipeline in enumerate(item.pipelines):
            last = number == len(item.pipelines) - 1
            joint = item.operators[number - 1] if number else ""
            if number and status is not None and status is not (joint == "&&"):
                continue
            if number and status is None and (joint == "||" or decides(item.pipelines[number - 1])):
                part = place.part(self._number())
            here = replace(
                part,
                tail=place.tail and last,
                follows=place.follows if last else item.operators[number],
                sure=place.sure and (not number or status is not None),
                direct=place.direct and not several_pipelines,
            )
            if pipeline.negated:
                here = here.inside(Frame.NEGATED)
            if pipeline.timed:
                here = here.inside(Frame.TIMED)
            if len(pipeline.commands) == 1:
                if self._command(pipeline.commands[0], here) and here.sure:
                    return True
            else:
                self._pipeline(pipeline.commands, replace(here, direct=False))
            found = self._status if understood else None
            if pipeline.negated and found is not None:
                found = not found
            # Behind a command that may fail or not, only one outcome of `&&` and `||` is certain.
            if number and status is None and found is not (joint == "||"):
                found = None
            status = found
        self._status = None if item.background else status
        return False

    def _pipeline(self, commands: Sequence[Command], place: Place) -> None:
        for command in commands[:-1]:
            self._command(command, replace(place.inside(Frame.PIPE), tail=False, follows="|"))
        self._command(commands[-1], place.inside(Frame.PIPE_END))
        self._status = None

    def _command(self, command: Command, place: Place) -> bool:
        self._visited += 1
        if self._visited > MAX_VISITED:
            raise Unparsable(f"runs more than {MAX_VISITED} commands")
        if isinstance(command, Simple | Test):
            status = self._outcome(command)
            ended = isinstance(command, Simple) and self._simple(command, place)
            self._status = status
            return ended
        self._status = None
        if isinstance(command, Function):
            self.functions[command.name] = command.body
            (self._foreign.discard if self._own else self._foreign.add)(command.name)
            return False
        if command.redirects:
            place = place.inside(Frame.REDIRECTED)
        if isinstance(command, Group):
            frame = Frame.SUBSHELL if command.subshell else Frame.BRACE
            return self._list(command.body, place.inside(frame)) and not command.subshell
        ended = self._compound(command, place)
        self._status = None
        return ended

    def _compound(self, command: If | Case | Loop, place: Place) -> bool:
        if isinstance(command, If):
            return self._if(command, place)
        if isinstance(command, Loop):
            return self._loop(command, place)
        inner = replace(place.inside(Frame.BRANCH), direct=False)
        known = self._parameters(command)
        clauses = None if known is None else taken(command, known, self.shell)
        if clauses is not None:
            return any(self._list(clause.body, inner) for clause in clauses)
        inner = replace(inner, sure=False)
        for clause in command.clauses:
            self._list(clause.body, inner.part(self._number()))
        return False

    def _number(self) -> int:
        self._numbered += 1
        return self._numbered

    def _parameters(self, command: Case | Simple | Test) -> Parameters | None:
        """What is known of the positional parameters where a command depends on them."""
        if not self.known or self._decided > MAX_DECIDED:
            return None
        self._decided += size(command)
        return Parameters.of(self.positional, more=self.more, nounset=self.nounset)

    def _outcome(self, command: Simple | Test) -> bool | None:
        """Whether a test succeeds; None where that is not certain."""
        if isinstance(command, Simple):
            name = command.words[0].source if command.words else ""
            if name not in ("[", "test") or name in self.functions:
                return None
        known = self._parameters(command)
        return None if known is None else outcome(command, known, self.shell)

    def _if(self, command: If, place: Place) -> bool:
        decided = replace(place.inside(Frame.BRANCH), direct=False)
        undecided = replace(decided, sure=False)
        endings: list[bool] = []
        for condition, body in command.branches:
            self._list(condition, place.aside(Frame.CONDITION))
            status = self._status
            if status is False:
                continue
            certain = status is not None and not endings
            here = decided if certain else undecided.part(self._number())
            endings.append(self._list(body, here))
            if status:
                return all(endings)
        if command.otherwise is None:
            return False
        here = undecided.part(self._number()) if endings else decided
        return self._list(command.otherwise, here) and all(endings)

    def _loop(self, command: Loop, place: Place) -> bool:
        around = Round(self._number(), place.frames, lasts(command))
        inner = replace(place.aside(Frame.LOOP), rounds=(*place.rounds, around))
        before = len(self.steps)
        # What a round changes is there in the next one.
        known, lost, self.known = self.known, self._lost, False
        if command.condition:
            self._list(command.condition, inner.inside(Frame.CONDITION))
        condition = self.steps[before:]
        self._list(command.body, inner)
        self.known = known and lost == self._lost
        leaves = any(s.name in ("break", "exit", "return", "exec") for s in self.steps[before:])
        return place.sure and command.keyword == "while" and not leaves and always(condition)

    def _simple(self, command: Simple, place: Place) -> bool:
        if len(self.steps) >= MAX_STEPS:
            raise Unparsable(f"runs more than {MAX_STEPS} commands")
        for word in (*command.assignments, *command.words, *(r.target for r in command.redirects)):
            for program in word.substitutions:
                if not is_kubernetes_variable(program):
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
                self._lose()
                return False
            text = " ".join(word.text for word in words[1:])
            return self._nested(text, place.inside(Frame.EVAL))
        if name in (".", "source") and len(words) > 1:
            script = self.scripts(words[1].text)
            if script is not None:
                ended = self._nested(script, place.inside(Frame.SOURCE))
                if len(words) > 2:
                    self._lose()
                return self._passed(ended)
        step = Step(command, words, place, self._own)
        self.steps.append(step)
        if name in _SETTING:
            self._set(name, words, place)
        if name == "return" and place.sure and place.frames & (Frame.FUNCTION | Frame.SOURCE):
            self._returned = not place.frames & _ELSEWHERE
            return self._returned
        leaves = name == "exit" or step.replaces
        return leaves and not place.frames & (Frame.BACKGROUND | Frame.SUBSTITUTION)

    def _set(self, name: str, words: tuple[Word, ...], place: Place) -> None:
        changes = changes_parameters(words)
        if changes and (not place.sure or place.frames & _ELSEWHERE or name not in _FOLLOWED):
            self._lose()
        if name == "set" and place.sure:
            dashes = [number for number, word in enumerate(words) if word.text == "--"]
            if dashes:
                self.positional = words[dashes[0] + 1 :]
            if changes and not place.frames & _ELSEWHERE:
                plain = bool(dashes) and not operands(words[: dashes[0]])
                self.known = plain and all(word.certain for word in words)
        elif name == "shift" and place.sure:
            count = words[1].text if len(words) > 1 else "1"
            if count.isascii() and count.isdecimal():
                # Where there are not that many, one shell ends and another goes on.
                self.known = self.known and int(count) <= len(self.positional)
                self.positional = self.positional[int(count) :]
            else:
                self._lose()
        self.nounset = self.nounset or (name == "set" and asks_for_all(words))

    def _lose(self) -> None:
        """What the positional parameters are is not known from here on."""
        self.known = False
        self._lost += 1

    def _passed(self, ended: bool) -> bool:
        """Whether the text ended, behind a function or file that `return` may have ended."""
        returned, self._returned = self._returned, False
        return ended and not returned

    def _call(self, body: Command, words: tuple[Word, ...], place: Place) -> bool:
        before = self.positional, self.known
        self.positional, self.known = words[1:], all(word.certain for word in words)
        own, self._own = self._own, self._own and words[0].text not in self._foreign
        self._calls += 1
        ended = self._command(body, replace(place.inside(Frame.FUNCTION), direct=False))
        self._calls -= 1
        self._own = own
        self.positional, self.known = before
        return self._passed(ended)

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
        certain = True
        for word in words:
            match = None if word.literal or word.substitutions else _VARIABLE.match(word.text)
            if match is None:
                found.append(word)
                continue
            name = match.group(1) or match.group(2)
            if name == "0" and self.zero is not None:
                found.append(self.zero)
            elif name in ("@", "*"):
                # What it may be given is the program of many an image without CMD.
                found += self.positional or ((word,) if self.more else ())
                one = name == "@" or not word.quoted or len(self.positional) == 1
                certain = certain and one and self._stay(self.positional, word)
            elif name.isdecimal() and 0 < int(name) <= len(self.positional):
                found.append(self.positional[int(name) - 1])
                certain = certain and self._stay(found[-1:], word)
            else:
                value = self.variables.get(name)
                if value is None:
                    found.append(word)
                else:
                    pieces = [value.text] if word.quoted else value.text.split()
                    found += [replace(value, text=piece) for piece in pieces]
                    certain = False  # A `read` or `export` may have changed it.
            if len(found) > MAX_WORDS:
                raise Unparsable(f"runs a command of more than {MAX_WORDS} words")
        return tuple(found if certain else (replace(word, certain=False) for word in found))

    def _stay(self, parameters: Sequence[Word], word: Word) -> bool:
        """Whether parameters that are put in for a word are the words that the shell has there."""
        whole = word.quoted or all(ONE_WORD.fullmatch(each.text) for each in parameters)
        return self.known and whole
