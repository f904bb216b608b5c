"""What a RUN instruction does to a file that an earlier COPY brought, as far as its text tells."""

from __future__ import annotations

from fnmatch import fnmatchcase

from kguard.kube.dockerlines import Instruction
from kguard.kube.dockerwords import is_pattern, listed_words
from kguard.shell.parse import parse
from kguard.shell.programs import base_name
from kguard.shell.syntax import Unparsable, Word
from kguard.shell.walk import Frame, Step, Walk

# Programs that may change a file they are given.
_CHANGING = frozenset(
    (
        *("cp", "curl", "dd", "dos2unix", "envsubst", "ln", "mv", "patch", "rm", "rsync"),
        *("sed", "tar", "tee", "truncate", "unzip", "wget"),
    )
)


def changes(instruction: Instruction, path: str) -> bool:
    """Whether a RUN instruction may change what is in a file."""
    name = path.rpartition("/")[2]
    texts = [each.text for each in instruction.heredocs] or [_command(instruction.value)]
    return any((name in text or is_pattern(text)) and _changes(text, path) for text in texts)


def _command(value: str) -> str:
    """The command of a RUN as a shell text, also where it is a list."""
    words = listed_words(value)
    if words is None:
        return value
    return " ".join("'" + word.replace("'", "'\\''") + "'" for word in words)


def _changes(text: str, path: str) -> bool:
    walk = Walk()
    try:
        steps = walk.run(parse(text))
    except Unparsable:
        return _changes_somehow(text)
    # Where it is not named, a variable cannot stand for it.
    named = path.rpartition("/")[2] in text
    return (named and walk.opaque) or any(_may_change(step, path, named) for step in steps)


def _may_change(step: Step, path: str, named: bool) -> bool:
    """Whether a command may change a file; `named` says whether the text names it anywhere."""
    words = [word.text for word in step.command.words]
    written = [each.target for each in step.command.redirects if ">" in each.operator]
    if any(_may_mean(word, path, named) for word in written):
        return True
    if named and step.frames & Frame.REDIRECTED:
        return True  # Whereto is not known here.
    if not any(_may_mean(word, path, named) for word in step.command.words):
        return False
    # `apt-get install` has that word too.
    return words[0] == "install" or any(
        base_name(word) in _CHANGING or (" " in word and _changes_somehow(word)) for word in words
    )


def _may_mean(word: Word, path: str, named: bool) -> bool:
    """Whether a word of a command may stand for a file."""
    text = word.text
    if path.rpartition("/")[2] in text or (named and (not word.literal or text == "xargs")):
        return True
    return (
        is_pattern(text)
        and not word.quoted
        and fnmatchcase(path, text if text.startswith("/") else f"*/{text}")
    )


def _changes_somehow(text: str) -> bool:
    """Whether a text that cannot be read by command has a word for changing files in it."""
    words = text.replace('"', " ").replace("'", " ").split()
    return ">" in text or any(base_name(word) in _CHANGING | {"install"} for word in words)
