"""What a RUN instruction does to a file that an earlier COPY brought, as far as its text tells.

A command that names the file may change it, unless it is known to leave files as they are. One that
names only a folder of it does where it is known to go through folders.
"""

from __future__ import annotations

from collections.abc import Sequence
from fnmatch import fnmatchcase
from posixpath import normpath

from kguard.kube.dockerlines import Instruction
from kguard.kube.dockerwords import is_pattern, listed_words
from kguard.shell.arguments import shell_text
from kguard.shell.parse import parse
from kguard.shell.programs import base_name
from kguard.shell.steps import Frame, Step
from kguard.shell.syntax import Unparsable, Word
from kguard.shell.walk import Walk
from kguard.shell.wrappers import bare

# Programs that leave the text of a file they are given as it is.
_HARMLESS = frozenset(
    (
        *("[", "cat", "chgrp", "chmod", "chown", "command", "echo", "export", "file", "grep"),
        *("head", "id", "ls", "mkdir", "printf", "set", "setcap", "stat", "test", "touch", "true"),
        *("apk", "apt", "apt-get", "dnf", "microdnf", "yum", "zypper"),
    )
)

# Programs that change what is below a folder they are given, or what fits a pattern.
_THOROUGH = frozenset(
    (
        *("awk", "dos2unix", "gawk", "perl", "rm", "rsync", "ruby", "sed", "xargs"),
        *("python", "python3"),
    )
)
_STARTING = frozenset(("-exec", "-execdir", "-ok", "-okdir"))
_COPYING = frozenset(("cp", "install", "mv"))
_RECURSIVE = frozenset("raR")
"""Options of cp with which the content of one folder comes into another."""


def changes(instruction: Instruction, path: str) -> bool:
    """Whether a RUN instruction may change what is in a file."""
    texts = [_command(instruction.value), *(each.text for each in instruction.heredocs)]
    return any(_changes(text, path) for text in texts)


def _command(value: str) -> str:
    """The command of a RUN as a shell text, also where it is a list."""
    words = listed_words(value)
    if words is None:
        return value
    return " ".join("'" + word.replace("'", "'\\''") + "'" for word in words)


def _changes(text: str, path: str) -> bool:
    """Whether a shell text may change a file."""
    name, top = path.rpartition("/")[2], "/".join(path.split("/")[:2])
    if name not in text and top not in text and not is_pattern(text):
        return False  # Reading a text takes long, and most speak of other things.
    walk = Walk()
    try:
        steps = walk.run(parse(text))
    except Unparsable:
        return name in text
    named = name in text or any(_has_folder(_texts(step), path) for step in steps)
    # Where it is not named, a variable cannot stand for it.
    return (named and walk.opaque) or any(_may_change(step, path, named) for step in steps)


def _may_change(step: Step, path: str, named: bool) -> bool:
    """Whether a command may change a file; `named` says whether the text names it anywhere."""
    written = [each.target for each in step.command.redirects if ">" in each.operator]
    if any(_may_mean(word, path, named) for word in written):
        return True
    if named and step.frames & Frame.REDIRECTED:
        return True  # Whereto is not known here.
    words = bare(step.command.words)
    words = words[1:] if words[:1] == ("sudo",) else words
    inner = shell_text(words)
    if inner is not None:
        return _changes(words[inner.index], path)
    program = _program(words)
    if program in _HARMLESS:
        return False
    if any(_may_mean(word, path, named) for word in step.command.words):
        return True
    if program in _THOROUGH:
        # `find` is told where; the others may be anywhere.
        elsewhere = base_name(words[0]) == "find" and not {"/", "."} & {*words}
        return _has_folder(words, path) or (
            not elsewhere and any(_fits(word, path) for word in words)
        )
    return program in _COPYING and _may_bring(words, path)


def _program(words: Sequence[str]) -> str:
    """What a command runs: that of `find -exec` and `xargs` is the one they start."""
    program = base_name(words[0]) if words else ""
    if program == "find":
        if "-delete" in words:
            return "rm"
        started = [number + 1 for number, word in enumerate(words) if word in _STARTING]
        return base_name(words[started[0]]) if started and started[0] < len(words) else "ls"
    if program == "xargs":
        return next(
            (base_name(word) for word in words[1:] if base_name(word) in _HARMLESS), program
        )
    return program


def _texts(step: Step) -> list[str]:
    return [word.text for word in step.command.words]


def _may_mean(word: Word, path: str, named: bool) -> bool:
    """Whether a word of a command may stand for a file."""
    if path.rpartition("/")[2] in word.text or (named and not word.literal):
        return True
    return (named and word.text == "xargs") or (not word.quoted and _fits(word.text, path))


def _fits(pattern: str, path: str) -> bool:
    """Whether a file fits a pattern of a shell, or of `find`."""
    whole = pattern if pattern.startswith("/") else f"*/{pattern.removeprefix('./')}"
    return is_pattern(pattern) and fnmatchcase(path, whole)


def _has_folder(words: Sequence[str], path: str) -> bool:
    """Whether one of some words is a folder, below the root, that holds a file."""
    return any(
        word.startswith("/") and path.startswith(f"{normpath(word)}/") and normpath(word) != "/"
        for word in words
    )


def _may_bring(words: tuple[str, ...], path: str) -> bool:
    """Whether copying into a folder may bring a file of that name, which is not among the words."""
    options = "".join(word[1:] for word in words[1:] if word.startswith("-") and word[:2] != "--")
    content = base_name(words[0]) == "cp" and not _RECURSIVE.isdisjoint(options)
    return (content or any(map(is_pattern, words[1:-1]))) and _has_folder(words[-1:], path)
