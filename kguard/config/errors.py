"""Faults in the configuration: where each is, what is wrong, and the frame that shows it."""

from __future__ import annotations

from collections.abc import Iterable

from kguard.model import Route
from kguard.record import record

SHORT = 8
"""Lists of choices up to this length are printed whole; longer ones only suggest the nearest."""


@record
class Where:
    """A place in what the user wrote.

    `path` is a file as shown to the user, an option (`--profile`) or an environment variable.
    `line` and the columns are 1-based, the end exclusive, and 0 where there is no file; `text` is
    that line without its end.
    """

    path: str
    line: int = 0
    column: int = 0
    end_column: int = 0
    text: str = ""

    def __str__(self) -> str:
        """`path:line`, or the path alone where there is no line."""
        return f"{self.path}:{self.line}" if self.line else self.path


@record
class Problem:
    """One fault: its place, a sentence, and perhaps a second sentence with the way out.

    `route` leads to the value that cannot be used.
    """

    where: Where
    message: str
    help: str = ""
    route: Route = ()


class ConfigError(ValueError):
    """A configuration that cannot be used. Carries every fault found, in the order of the file."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(
            sorted(problems, key=lambda p: (p.where.path, p.where.line, p.where.column))
        )
        super().__init__("\n".join(f"{p.where}: {p.message}" for p in self.problems))


def choices_hint(word: object, choices: Iterable[str]) -> str:
    """What to say after a word that is no choice: the nearest one, and all where they are few."""
    known = list(dict.fromkeys(choices))
    listed = f" (one of {', '.join(known)})" if len(known) <= SHORT else ""
    return nearest(word, known) + listed


def nearest(word: object, choices: Iterable[str]) -> str:
    """`; did you mean ...?` with up to two choices close to a word, empty where none is."""
    if not isinstance(word, str) or len(word) > 100:  # Comparing is quadratic in the length.
        return ""
    import difflib

    close = difflib.get_close_matches(word, list(choices), n=2, cutoff=0.7)
    return f"; did you mean {' or '.join(f'`{c}`' for c in close)}?" if close else ""


def plural(count: int, noun: str) -> str:
    """A count with its noun: `1 file`, `2 files`."""
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"
