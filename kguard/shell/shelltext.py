"""A shell text under judgement."""

from __future__ import annotations

from collections.abc import Sequence

from kguard.record import record
from kguard.shell.verdict import Cause, Shell
from kguard.shell.walk import Step, Walk


@record(eq=False)
class ShellText:
    """A shell text under judgement: `end` is behind its last command, `name` the shell's.

    `index` is its place in the argument list, None for a script file or a nested text.
    """

    text: str
    end: int
    name: str
    shell: Shell
    steps: Sequence[Step]
    walk: Walk
    file: bool
    index: int | None

    def exec_point(self, step: Step, detail: Cause) -> tuple[str, int | None]:
        """The command before which `exec` cures it, and its offset; nothing where none does."""
        curable = detail in (Cause.SHELL_FORM, Cause.REDIRECTION, Cause.COMPOUND)
        # A function, `"$@"` and built-ins have no such place.
        first = step.command.words[0] if step.command.words else None
        if not curable or not step.own_text or first is None or first.text != step.words[0].text:
            return "", None
        return self.text[first.start : step.command.end], first.start
