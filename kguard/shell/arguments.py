"""The words behind a shell's name: its options, the text of `-c`, and what stands behind it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache

from kguard.record import record
from kguard.shell.programs import SHELLS, base_name
from kguard.shell.syntax import Word
from kguard.shell.wrappers import MAX_LAYERS, Passing, bare, peel

# What reads the words behind the text: parameters by number or together, `shift`, `getopts`, a
# `for` without `in`, scripts and texts that are run in the same shell, placeholders.
_READS = re.compile(
    r"""
    \$[@*\#0-9] | \$\{[@*\#!0-9] | \{\{ | BASH_ARG
    | \b (?: shift | getopts | eval ) \b
    | (?: ^ | [;&|({\s] ) (?: \. | source ) \s
    | \b for \s+ \w+ \s* (?: ; | \n | do\b )
    """,
    re.VERBOSE,
)
# What people write as `$0`: it fills a place and is not meant to be read.
_ZEROS = SHELLS | {"--", "-", "_"}


REMEMBERED = 1000
"""Characters of an argument list up to which what follows from it is remembered."""


@record
class Text:
    """The text a shell is started with: where it stands in the argument list, and what follows.

    `ignored` are the words behind it that neither the text nor the shell reads.
    """

    shell: str
    index: int
    ignored: tuple[str, ...]


def behind_options(words: Sequence[Word]) -> tuple[tuple[Word, ...], bool]:
    """What follows a shell's name and options, and whether its first word is the text of `-c`."""
    position, command = 1, False
    while position < len(words):
        text = words[position].text
        position += 1
        if text in ("--", "-"):
            break
        if text in ("--rcfile", "--init-file"):
            position += 1
        elif text.startswith(("-", "+")) and len(text) > 1:
            if not text.startswith("--"):
                command = command or (text[0] == "-" and "c" in text)
                position += text[-1] in "oO"
        else:
            position -= 1
            break
    return tuple(words[position:]), command


def shell_text(argv: Sequence[str]) -> Text | None:
    """The text that the shell in an argument list runs; None where no shell is given one.

    Wrappers in front of the shell (tini, env) are looked behind.
    """
    words = tuple(argv)
    return _text_again(words) if sum(map(len, words)) <= REMEMBERED else _text(words)


def _text(argv: tuple[str, ...]) -> Text | None:
    words = _words(argv)
    for _ in range(MAX_LAYERS):
        layer = peel(words)
        if layer is None:
            break
        if layer.shell_text:
            return None
        words = layer.words
    if len(words) > 1 and base_name(words[0].text) == "busybox":
        words = words[1:]
    if not words or base_name(words[0].text) not in SHELLS:
        return None
    rest, command = behind_options(words)
    if not rest or not command:
        return None
    behind = tuple(word.text for word in rest[1:])
    if _READS.search(rest[0].text) or (len(behind) == 1 and base_name(behind[0]) in _ZEROS):
        behind = ()
    return Text(base_name(words[0].text), rest[0].start, behind)


# What is remembered stays small; a webhook sees the Pods of one template over and over.
_text_again = lru_cache(maxsize=1024)(_text)


def init_of(argv: Sequence[str]) -> str:
    """The init that an argument list starts with, empty where it starts with none."""
    layer = peel(_words(argv))
    return layer.name if layer and layer.passing is Passing.INIT else ""


def program_of(argv: Sequence[str]) -> tuple[str, ...]:
    """The words of the program behind all wrappers; a shell is a program here."""
    return bare(_words(argv))


def _words(argv: Sequence[str]) -> tuple[Word, ...]:
    return tuple(Word(text, at, at, literal="{{" not in text) for at, text in enumerate(argv))
