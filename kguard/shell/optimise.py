"""When a shell replaces itself by the command it runs last, as measured.

dash 0.5.12, bash 5.2.15, busybox 1.35.0, mksh 59c, zsh 5.9 and ksh93u+m 1.0.4 (Debian 12); the
table is `tests/shell/measured.tsv`. With `exec` all of them do, anywhere in the shell's own
process; without it each has its own conditions.
"""

from __future__ import annotations

import re

from kguard.shell.steps import Frame, Step
from kguard.shell.verdict import Shell

_OWN_PROCESS = Frame.BACKGROUND | Frame.PIPE | Frame.PIPE_END | Frame.SUBSHELL | Frame.SUBSTITUTION
_TRANSPARENT = Frame.BRACE | Frame.SUBSHELL | Frame.BRANCH
# What bash reads as nothing more to do: blanks, one `;`, a comment, one line end.
_BASH_END = re.compile(r"[ \t]*;?[ \t]*(#[^\n]*)?\n?")
_MKSH_PLAIN = re.compile(r"[ \t]*[\w./:+,@%-]+([ \t]+[\w./:+,@%-]+)*[ \t]*")


def becomes(step: Step, shell: Shell, text: str, end: int, *, trapped: bool, file: bool) -> bool:
    """Whether the shell's own process becomes the command.

    `end` is the offset behind the last command of `text`; `trapped`: a trap with an action is in
    force; `file`: the text is a script file, not an argument of `-c`.
    """
    frames = step.frames
    if step.replaces and not frames & _OWN_PROCESS:
        return not (shell is Shell.ZSH and step.words[0].text == "command")
    if not step.place.tail or frames & ~(_TRANSPARENT | Frame.REDIRECTED | Frame.PIPE_END):
        return False
    if frames & Frame.PIPE_END:
        return step.replaces and shell in (Shell.ZSH, Shell.KSH)
    if trapped or (file and shell is not Shell.KSH):
        return False
    if shell is Shell.ZSH:
        return True
    if frames & Frame.REDIRECTED:
        return False
    heredoc = any(redirect.operator.startswith("<<") for redirect in step.command.redirects)
    if shell is Shell.KSH:
        return heredoc or not text[end:].partition("\n")[2].strip("\n")
    if shell is Shell.BUSYBOX:
        return "\n" not in text[end:]
    if shell is Shell.BASH:
        alone = not frames and not step.command.redirects and step.place.line_end
        return alone and step.own_text and bool(_BASH_END.fullmatch(text, step.command.end))
    if shell is Shell.MKSH:
        return bool(_MKSH_PLAIN.fullmatch(text))
    return False
