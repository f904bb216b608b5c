"""One source of settings: the data as the format writes it, and where each value was written."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from typing import Any

from kguard.config.errors import ConfigError, Problem, Where
from kguard.model import Route
from kguard.record import field, record
from kguard.source import Limits, read
from kguard.words import counted

LIMITS = Limits(max_bytes=1024 * 1024, max_depth=20, max_nodes=100_000)
"""Nobody writes a configuration near these; a hostile one costs little."""

Locate = Callable[[Route, bool], Where]
"""Where a route was written; True asks for the key in place of its value."""


@record(eq=False)
class Layer:
    """Settings from one source: a file, the environment, the command line.

    `data` has the shape of schema.json once validated. Paths and globs in it are meant relative
    to `folder`. `trusted` is False for a file found inside the repository under check: its paths
    must stay in there.
    """

    data: Mapping[str, Any]
    locate: Locate = field(repr=False)
    folder: str
    trusted: bool = True

    def problem(
        self, route: Route, message: str, help: str = "", *, at_key: bool = False
    ) -> Problem:
        """A problem with what was written at a route."""
        return Problem(self.locate(route, at_key), message, help, route)


def file_layer(path: str, name: str, folder: str, *, trusted: bool) -> Layer:
    """The layer of a configuration file; `name` is the path as messages show it.

    Files that end in `.toml` hold it in `[tool.kguard]`; any other is YAML. Raises ConfigError for
    what cannot be read or parsed, with every fault that was found.
    """
    try:
        if os.path.getsize(path) > LIMITS.max_bytes:
            cause = f"larger than {LIMITS.max_bytes // 1024} KiB, which is too much"
            raise ConfigError([Problem(Where(name), cause)])
        with open(path, "rb") as file:
            content = file.read()
    except OSError as error:
        raise ConfigError([Problem(Where(name), f"cannot be read: {error.strerror}")]) from None
    if os.path.splitext(path)[1].lower() == ".toml":
        from kguard.config.toml import parse

        data, locate = parse(name, content)
    else:
        data, locate = parse_yaml(name, content)
    return Layer(data, locate, folder, trusted)


def parse_yaml(name: str, content: bytes) -> tuple[Mapping[str, Any], Locate]:
    """The one mapping a YAML configuration holds, empty for an empty file, and its places.

    Raises ConfigError for text that is no YAML, for keys written twice and for other shapes.
    """
    source = read(name, content, LIMITS)

    def where(line: int, column: int, end: int = 0) -> Where:
        return Where(name, line, column, end, source.line(line))

    problems = [Problem(where(e.line, e.column), e.message) for e in source.errors]
    documents = source.documents
    if len(documents) > 1:
        message = f"{counted(len(documents), 'document')} in one configuration; one is read"
        problems.append(Problem(where(documents[1].line, 1), message))
    for twice in (twice for document in documents for twice in document.duplicates):
        message = f"`{twice.route[-1]}` is already set in line {twice.first.line}"
        span = twice.span
        problems.append(Problem(where(span.line, span.column, span.end_column), message))
    if documents and not isinstance(documents[0].data, Mapping | None):
        problems.append(Problem(where(documents[0].line, 1), "not a mapping of settings"))
    if problems:
        raise ConfigError(problems)
    if not documents or documents[0].data is None:
        return {}, lambda route, at_key: Where(name)
    document = documents[0]

    def locate(route: Route, at_key: bool) -> Where:
        span = document.locate(route, at_key=at_key).span
        end = span.end_column if span.end_line == span.line else 0
        return where(span.line, span.column, end)

    return document.data, locate
