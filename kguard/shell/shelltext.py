"""Shell texts: read once, and judged for one shell."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TypeAlias

from kguard.record import record
from kguard.shell.choose import Choice, choose
from kguard.shell.decide import differs
from kguard.shell.parse import parse
from kguard.shell.steps import Step
from kguard.shell.syntax import Unparsable, Word
from kguard.shell.verdict import TRAPS, Cause, Shell
from kguard.shell.walk import Scripts, Walk

Started: TypeAlias = tuple[Word, tuple[Word, ...], Shell | None]
"""A text, its arguments, and the shell that reads it where that makes a difference."""

_NOUNSET = re.compile(r"#![^\n]* -\w*u")


class Texts:
    """The texts of one analysis. `more`: the process may be given further arguments."""

    def __init__(self, scripts: Scripts, more: bool) -> None:
        self.sought: dict[str, None] = {}
        """The names of script files that were asked for, whether there was a text or not."""
        self._scripts = scripts
        self._more = more
        self._walked: dict[Started, tuple[Walk, int] | str] = {}
        self._choices: dict[int, tuple[Walk, Choice]] = {}

    def script(self, name: str) -> str | None:
        """The text of a script file."""
        self.sought[name] = None
        return self._scripts(name)

    def walked(self, script: Word, arguments: tuple[Word, ...], shell: Shell) -> tuple[Walk, int]:
        """The steps of a text with `$0`, `$1`... in `arguments`, and the end of its last command.

        Raises Unparsable. Reading a text takes three times as long as judging it.
        """
        key = script, arguments, shell if differs(script.text) else None
        if key not in self._walked:
            try:
                self._walked[key] = self._walk(*key)
            except Unparsable as problem:
                self._walked[key] = str(problem)
        found = self._walked[key]
        if isinstance(found, str):
            raise Unparsable(found)
        return found

    def choice(self, walk: Walk) -> Choice:
        """The program of a text; the same for every shell."""
        found = self._choices.get(id(walk))
        if found is None:
            found = self._choices[id(walk)] = walk, choose(walk.steps)
        return found[1]

    def _walk(
        self, script: Word, arguments: tuple[Word, ...], shell: Shell | None
    ) -> tuple[Walk, int]:
        program = parse(script.text)

        def walk(known: bool) -> Walk:
            found = Walk(
                arguments[1:],
                arguments[0] if arguments else None,
                self.script,
                known=known,
                more=self._more,
                nounset=bool(_NOUNSET.match(script.text)),
                shell=shell,
            )
            found.run(program)
            return found

        known = script.certain and all(word.certain for word in arguments)
        found = walk(known)
        if known and self._more and self.choice(found).program is None:
            # As it is the image only says how it is used: judge it by what it can be given.
            found = walk(False)
        return found, program.end


@record(eq=False)
class ShellText:
    """A shell text under judgement: `end` is behind its last command, `name` the shell's.

    `index` is its place in the argument list, None for a script file or a nested text; `before` are
    the characters of the argument in front of it.
    """

    text: str
    end: int
    name: str
    shell: Shell
    steps: Sequence[Step]
    walk: Walk
    keepers: frozenset[int]
    file: bool
    index: int | None
    before: int = 0

    def command(self, step: Step) -> str:
        """The command of a step as it is written, or its words where it stands in another text."""
        own = step.own_text and step.command.words
        if own:
            return self.text[own[0].start : step.command.end]
        return " ".join(word.text for word in step.words)

    def offset(self, step: Step, detail: Cause) -> int | None:
        """Where the command of a step begins in its argument; None where it is not at fault."""
        here = self.index is not None and step.own_text and detail not in TRAPS
        return self.before + step.command.start if here else None
