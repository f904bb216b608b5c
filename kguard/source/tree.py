"""A document's node tree with the places of its aliases.

Made from the event stream where positions are asked for, and where the parser's own composer is
not enough: it drops the places of aliases, refuses an anchor that is defined twice and does not
tell the YAML version.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from yaml import MarkedYAMLError
from yaml.events import (
    AliasEvent,
    CollectionEndEvent,
    CollectionStartEvent,
    DocumentEndEvent,
    DocumentStartEvent,
    Event,
    MappingStartEvent,
    NodeEvent,
    ScalarEvent,
)
from yaml.nodes import CollectionNode, MappingNode, Node, ScalarNode, SequenceNode

from kguard.record import field, record
from kguard.source.parser import events, first_node
from kguard.source.resolve import resolve_tag
from kguard.source.text import Unreadable, start_of

# What an anchor begins with (libyaml, IS_ALPHA), unlike the `&&` of shell commands.
_ANCHOR = re.compile("&[0-9A-Za-z_-]")
_ESCAPE = re.compile(r"\\.", re.DOTALL)

Slot = tuple[int, int]


@record
class Tree:
    """The nodes of one document.

    `aliases` holds the `*name` marks by the identity of the collection they stand in and their
    position there; a mapping's keys and values count one by one.
    """

    root: Node | None
    aliases: dict[Slot, tuple[Any, Any]] = field(default_factory=dict)


@record(frozen=False)
class _Open:
    """A collection whose end has not been read: its children, keys and values alike."""

    node: Any
    children: list[Node] = field(default_factory=list)


def compose(text: str) -> Tree:
    """The tree of the first document of `text`; raises yaml.YAMLError or Unreadable.

    An alias means the latest anchor of that name before it, as in YAML 1.2 and go-yaml.
    """
    return _compose(events(text))


def compose_read(text: str) -> Tree:
    """The tree of a document that was read without a fault: the same at half the cost.

    Without an anchor nothing can have an alias, and libyaml's composer, in C, leaves nothing out.
    """
    return compose(text) if _ANCHOR.search(text) else Tree(first_node(text))


def second_document(text: str) -> int | None:
    """The offset at which `text` goes on after its first document; None where it does not."""
    ended = False
    try:
        for event in events(text):
            if ended and isinstance(event, DocumentStartEvent):
                return start_of(event)
            ended = ended or isinstance(event, DocumentEndEvent)
    except MarkedYAMLError as error:
        return int(error.problem_mark.index) if error.problem_mark else 0
    return None


def forbid_slash_escapes(text: str) -> None:
    """Raise Unreadable at a `\\/` in double quotes: YAML 1.2 has it, go-yaml v2 refuses it."""
    for event in events(text):
        if isinstance(event, ScalarEvent) and event.style == '"':
            start = start_of(event)
            quoted = text[start : event.end_mark.index] if event.end_mark else ""
            for escape in _ESCAPE.finditer(quoted):
                if escape[0] == "\\/":
                    raise Unreadable("unknown escape `\\/`", start + escape.start())


def _compose(stream: Iterable[Event]) -> Tree:
    tree = Tree(None)
    root: Node | None = None
    anchors: dict[str, Node] = {}
    stack: list[_Open] = []
    for event in stream:
        if isinstance(event, DocumentStartEvent):
            _check_version(event)
            continue
        if isinstance(event, DocumentEndEvent):
            return Tree(root, tree.aliases)
        node: Node
        if isinstance(event, CollectionEndEvent):
            node = _close(stack.pop(), event)
            continue
        if not isinstance(event, NodeEvent):
            continue
        if isinstance(event, AliasEvent):
            if event.anchor not in anchors:
                raise Unreadable(f"unknown anchor `{event.anchor}`", start_of(event))
            node = anchors[event.anchor]
            if stack:
                slot = (id(stack[-1].node), len(stack[-1].children))
                tree.aliases[slot] = (event.start_mark, event.end_mark)
        else:
            node = _node(event)
            if event.anchor is not None:
                anchors[event.anchor] = node
        if stack:
            stack[-1].children.append(node)
        else:
            root = node
        if isinstance(event, CollectionStartEvent):
            stack.append(_Open(node))
    return tree


def _check_version(event: DocumentStartEvent) -> None:
    if event.version not in (None, (1, 1)):
        major, minor = event.version
        raise Unreadable(
            f"`%YAML {major}.{minor}`: Kubernetes reads YAML 1.1 only", start_of(event)
        )


def _node(event: Any) -> Node:
    marks = (event.start_mark, event.end_mark)
    if isinstance(event, ScalarEvent):
        tag: Any = event.tag
        if tag is None or tag == "!":
            tag = resolve_tag(ScalarNode, event.value, event.implicit)
        return ScalarNode(tag, event.value, *marks, event.style)
    kind = MappingNode if isinstance(event, MappingStartEvent) else SequenceNode
    return kind(event.tag, [], *marks, event.flow_style)


def _close(collection: _Open, event: Event) -> CollectionNode:
    """Give a collection its children and its end: a bracket, or where its last child ends."""
    node: CollectionNode = collection.node
    children = collection.children
    if isinstance(node, MappingNode):
        node.value = list(zip(children[::2], children[1::2], strict=True))
    else:
        node.value = children
    if node.flow_style:
        node.end_mark = event.end_mark
    return node
