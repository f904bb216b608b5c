"""The YAML parser everything here stands on: libyaml through PyYAML, or PyYAML's own in Python.

Parsing only makes tokens, events and nodes. What a scalar means is decided in `resolve`, so that
the answer is Kubernetes' and not PyYAML's.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from yaml import Token
from yaml.events import Event
from yaml.nodes import Node

from kguard.source.resolve import resolve_tag

try:
    from yaml._yaml import CParser

    HAVE_LIBYAML = True
except ImportError:  # pragma: no cover - depends on how PyYAML was installed
    HAVE_LIBYAML = False


class _Hooks:
    """What a PyYAML composer calls to find the tag of a node; the paths to nodes do not matter."""

    resolve = staticmethod(resolve_tag)

    def ascend_resolver(self) -> None:
        """Leave a node."""

    def descend_resolver(self, parent: object, index: object) -> None:
        """Enter a node."""


def python_parser(text: str) -> Any:
    """A parser written in Python over `text`, about seven times slower than libyaml."""
    from yaml.composer import Composer
    from yaml.parser import Parser
    from yaml.reader import Reader
    from yaml.scanner import Scanner

    class PythonParser(_Hooks, Reader, Scanner, Parser, Composer):
        def __init__(self, text: str) -> None:
            Reader.__init__(self, text)
            Scanner.__init__(self)
            Parser.__init__(self)
            Composer.__init__(self)

    return PythonParser(text)


if HAVE_LIBYAML:

    class _LibyamlParser(_Hooks, CParser):
        pass

    open_parser: Any = _LibyamlParser
else:  # pragma: no cover
    open_parser = python_parser


def first_node(text: str) -> Node | None:
    """The root node of the first document of `text`; None where there is no document.

    Nested calls inside the parser are as deep as the document: bound the depth first. Raises
    yaml.YAMLError.
    """
    parser = open_parser(text)
    node: Node | None = parser.get_node() if parser.check_node() else None
    return node


def events(text: str) -> Iterator[Event]:
    """The events of all documents of `text`. Uses no stack. Raises yaml.YAMLError."""
    parser = open_parser(text)
    while (event := parser.get_event()) is not None:
        yield event


def tokens(text: str) -> Iterator[Token]:
    """The tokens of `text`. Uses no stack. Raises yaml.YAMLError."""
    parser = open_parser(text)
    while (token := parser.get_token()) is not None:
        yield token
