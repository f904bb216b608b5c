"""Dockerfiles as sources: one document with one resource in it."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from kguard.inputs.scripts import copied_scripts
from kguard.kube.dockerfile import Dockerfile, as_resource, parse
from kguard.model import Place, Resource, Route
from kguard.record import record, replace
from kguard.source import Comment, ReadError

# Other frontends have instructions of their own; BuildKit's is published under these names
# (docs.docker.com/build/buildkit/frontend).
_SYNTAX = re.compile(r"#[ \t]*syntax[ \t]*=[ \t]*(\S+)", re.IGNORECASE)
_OURS = re.compile(r"(?:docker\.io/)?docker/dockerfile(?:-upstream)?(?:[:@]|\Z)")


@record
class DockerDocument:
    """The one document of a Dockerfile; what it answers is that of a YAML document."""

    dockerfile: Dockerfile
    index: int = 0
    line: int = 1

    @property
    def data(self) -> Mapping[str, Any]:
        """Stages and instructions; see kguard.kube.dockerfile.as_data."""
        return self.dockerfile.data

    def locate(self, route: Route, *, at_key: bool = False, line: int = 0) -> Place:
        """Where a route is, to put a caret under; there are no keys in a Dockerfile."""
        return self.dockerfile.locate(route, at_key=at_key)

    def extent(self, route: Route) -> tuple[int, int]:
        """The first and last line of a stage, an instruction, or the file."""
        return self.dockerfile.extent(route)

    def following(self, line: int) -> tuple[int, int] | None:
        """First and last line of the next instruction that starts on or after `line`."""
        return self.dockerfile.following(line)


@record
class DockerSource:
    """A Dockerfile that was read, with the answers of any source."""

    path: str
    dockerfile: Dockerfile
    documents: tuple[DockerDocument, ...]
    errors: tuple[ReadError, ...]

    @property
    def text(self) -> str:
        """Its text with `\\n` line ends."""
        return self.dockerfile.text

    @property
    def crlf(self) -> bool:
        """Whether its lines end in `\\r\\n`."""
        return self.dockerfile.crlf

    @property
    def bom(self) -> bool:
        """Whether it begins with a byte order mark."""
        return self.dockerfile.bom

    @property
    def comments(self) -> Sequence[Comment]:
        """All comments in order."""
        return [
            Comment(each.line, each.column, each.text, each.own_line)
            for each in self.dockerfile.comments
        ]

    def line(self, number: int) -> str:
        """The text of a 1-based line; empty where there is no such line."""
        return self.dockerfile.line(number)

    def resource(self, *, unit: str, context: bool) -> Resource:
        """What policies judge; its name is the path, because nothing in it is a name."""
        resource = as_resource(self.dockerfile, self.path, unit=unit, context=context)
        return replace(resource, name=self.path)

    @property
    def is_empty(self) -> bool:
        """Whether it holds no instruction."""
        return not (self.dockerfile.stages or self.dockerfile.head)

    @property
    def is_foreign(self) -> bool:
        """Whether another frontend than Docker's reads it, with rules that are not known here."""
        directive = _SYNTAX.match(self.text)
        return directive is not None and _OURS.match(directive[1]) is None


def read_dockerfile(
    path: str, data: bytes, max_bytes: int, contexts: Sequence[str] = ()
) -> DockerSource:
    """Read a Dockerfile; what cannot be read is in `errors`, and then there is no document.

    Bytes that are not UTF-8 (comments in an old encoding) become U+FFFD, as they do for Docker.
    `contexts` are the folders it may be built from, the likeliest first: scripts that it copies
    are read from there.
    """
    if len(data) > max_bytes:
        return _unreadable(path, f"larger than {max_bytes:,} bytes")
    if b"\0" in data:
        return _unreadable(path, "binary data or UTF-16, not a Dockerfile")
    dockerfile = parse(data.decode("utf-8", "replace"))
    if contexts:
        dockerfile.scripts = copied_scripts(dockerfile, contexts)
    errors = tuple(ReadError(e.line, e.column, e.message) for e in dockerfile.errors)
    documents = () if errors else (DockerDocument(dockerfile),)
    return DockerSource(path, dockerfile, documents, errors)


def _unreadable(path: str, reason: str) -> DockerSource:
    return DockerSource(path, parse(""), (), (ReadError(1, 1, reason),))
