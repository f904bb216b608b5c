"""Faults in the configuration: where each is, what is wrong, and the frame that shows it."""

from __future__ import annotations

from collections.abc import Iterable

from kguard.model import Route
from kguard.record import record


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
