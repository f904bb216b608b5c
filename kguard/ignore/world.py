"""What ignores need of the files of a run, as Protocols: any reader that offers it will do.

Imported by type checkers only: making Protocols costs more than the rest of this package.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Protocol

from kguard.model import Place, Resource, Route


class CommentLike(Protocol):
    """A comment: 1-based place of its `#`; whether nothing but white space stands before it."""

    @property
    def line(self) -> int: ...
    @property
    def column(self) -> int: ...
    @property
    def own_line(self) -> bool: ...


class DocumentLike(Protocol):
    """A document: `line` is its first line; see kguard.source.Document."""

    @property
    def line(self) -> int: ...
    @property
    def data(self) -> object: ...
    def extent(self, route: Route) -> tuple[int, int]: ...
    def following(self, line: int) -> tuple[int, int] | None: ...


class ErrorLike(Protocol):
    """A document that could not be read."""

    @property
    def line(self) -> int: ...


class SourceLike(Protocol):
    """A file that was read: YAML, JSON or a Dockerfile."""

    @property
    def text(self) -> str: ...
    @property
    def documents(self) -> Sequence[DocumentLike]: ...
    @property
    def comments(self) -> Sequence[CommentLike]: ...
    @property
    def errors(self) -> Sequence[ErrorLike]: ...
    def line(self, number: int) -> str: ...


class World(Protocol):
    """The files of a run and where resources are in them."""

    @property
    def sources(self) -> Mapping[str, SourceLike]: ...
    def locate(self, resource: Resource, route: Route) -> tuple[str, Place]: ...
    def elsewhere(self, resource: Resource, route: Route) -> Iterable[tuple[str, int, int]]: ...
    def extent(self, resource: Resource, route: Route) -> tuple[int, int]: ...
