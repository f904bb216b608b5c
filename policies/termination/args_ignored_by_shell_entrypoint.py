"""See args_ignored_by_shell_entrypoint.md."""

from __future__ import annotations

from collections.abc import Iterator

from kguard.facts.commands import Command
from kguard.model import Fault
from kguard.policy.context import Context
from kguard.shell.arguments import shell_text


def check(command: Command, ctx: Context) -> Iterator[Fault]:
    """Yield a fault for arguments that become `$0`, `$1` of a shell text that reads none."""
    if command.form == "broken":
        return  # Another policy's fault: the text is not even what was meant.
    words = (*command.words, *command.arguments)
    text = shell_text(words)
    if text is None or not text.ignored:
        return
    first = len(words) - len(text.ignored)
    inside = text.index >= len(command.words)
    if command.container is None and first >= len(command.words) and not inside:
        message = f"CMD is ignored: ENTRYPOINT is a text for `{text.shell} -c`, which reads no more"
        way_out = "write ENTRYPOINT as a JSON array, without a shell"
        if command.arguments_form == "broken":
            way_out += ", and CMD as one of strings, which it is not"
    else:
        what = " ".join(text.ignored)
        said = what if len(what) < 40 else f"{what[:39]}…"
        message = f"`{text.shell} -c` of {command.called} ignores `{said}` behind its text"
        if inside and command.arguments_form == "shell":
            way_out = f"write CMD as a JSON array: now it begins with `{command.arguments[0]}`"
        elif inside or first < len(command.words):
            way_out = "write the command as one text, or leave the shell out"
        else:
            way_out = 'end the text with `"$@"` behind a name for `$0`, or leave the shell out'
    yield command.found(command.place(first), message, severity=None, help=way_out)
