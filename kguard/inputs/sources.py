"""What was read, and where its parts stand: YAML, JSON and Dockerfiles look the same from here."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

from kguard.model import Place, Route
from kguard.source import Comment, ReadError


class Document(Protocol):
    """A part of a file that has routes: a YAML or JSON document, or a whole Dockerfile."""

    @property
    def index(self) -> int:
        """The number of the document in its file, from 0, broken ones counted."""
        ...

    @property
    def line(self) -> int:
        """The first line of its text, 1-based."""
        ...

    @property
    def data(self) -> Any:
        """Its content, for policies."""
        ...

    def locate(self, route: Route, *, at_key: bool = False, line: int = 0) -> Place:
        """Where a route is, or its last key, or a line of its text, to put a caret under."""
        ...

    def extent(self, route: Route) -> tuple[int, int]:
        """The first and last line of what is at a route."""
        ...

    def following(self, line: int) -> tuple[int, int] | None:
        """First and last line of the next entry that starts on or after `line`."""
        ...


class Source(Protocol):
    """A file that was read."""

    @property
    def path(self) -> str:
        """The name it is shown under."""
        ...

    @property
    def text(self) -> str:
        """Its text with `\\n` line ends."""
        ...

    @property
    def crlf(self) -> bool:
        """Whether its lines end in `\\r\\n`."""
        ...

    @property
    def bom(self) -> bool:
        """Whether it begins with a byte order mark."""
        ...

    @property
    def documents(self) -> Sequence[Document]:
        """The documents that could be read."""
        ...

    @property
    def errors(self) -> Sequence[ReadError]:
        """What could not be read."""
        ...

    @property
    def comments(self) -> Sequence[Comment]:
        """All comments in order."""
        ...

    def line(self, number: int) -> str:
        """The text of a 1-based line; empty where there is no such line."""
        ...
