"""Nodes to plain data, as go-yaml v2 decodes them (decode.go).

The parser has resolved the scalars (see `resolve.resolve_tag`): a node's tag is a tuple holding
its value, or the name of a tag that still has to be applied.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from kguard.model import Route
from kguard.record import field, record
from kguard.source.limits import Limits, check_expansion, too_deep, too_many_nodes
from kguard.source.resolve import MERGE_TAG, BadScalar, Scalar, key_text, tagged_value
from kguard.source.text import Unreadable, start_of

_OPEN = object()


@record(frozen=False)
class _State:
    """What building one document carries along."""

    limits: Limits
    # Collections by the identity of their node, `_OPEN` while they are being built: an aliased
    # node is met again.
    built: dict[int, Any] = field(default_factory=dict)
    shared: bool = False
    # Some mapping has another number of keys than of entries: duplicates, or merges.
    uneven: bool = False
    merged: int = 0


@record
class Repeated:
    """A key that a mapping holds twice: the route to it and the nodes of both keys."""

    route: Route
    later: Node
    first: Node


def build(root: Node, limits: Limits) -> tuple[Any, list[Repeated]]:
    """The data of a document and the keys it repeats; raises Unreadable.

    Aliased collections are shared: treat the data as read-only.
    """
    if type(root) is ScalarNode:
        return scalar_value(root), []
    state = _State(limits)
    data = _collection(root, state, 1)
    if state.shared:
        check_expansion(data, limits)
    return data, repeated_keys(root) if state.uneven else []


def _collection(node: Any, state: _State, depth: int) -> Any:
    built = state.built
    identity = id(node)
    if identity in built:
        if built[identity] is _OPEN:
            raise Unreadable("anchor value contains itself", start_of(node))
        state.shared = True
        return built[identity]
    if depth > state.limits.max_depth:
        raise too_deep(state.limits, start_of(node))
    built[identity] = _OPEN
    data = (_mapping if type(node) is MappingNode else _sequence)(node, state, depth + 1)
    built[identity] = data
    return data


def _sequence(node: Any, state: _State, depth: int) -> list[Any]:
    items = []
    for item in node.value:
        if type(item) is ScalarNode:
            tag: Any = item.tag
            items.append(tag[0] if type(tag) is tuple else scalar_value(item))
        else:
            items.append(_collection(item, state, depth))
    return items


def _mapping(node: Any, state: _State, depth: int) -> dict[str, Any]:
    data: dict[str, Any] = {}
    for key_node, value_node in node.value:
        tag = key_node.tag
        key = tag[0] if type(tag) is tuple else None
        if type(key) is not str:
            if is_merge(key_node):
                _merge(data, key_node, value_node, state, depth)
                continue
            key = key_of(key_node)
        if type(value_node) is ScalarNode:
            value_tag: Any = value_node.tag
            data[key] = value_tag[0] if type(value_tag) is tuple else scalar_value(value_node)
        else:
            data[key] = _collection(value_node, state, depth)
    if len(data) != len(node.value):
        state.uneven = True
    return data


def _merge(data: dict[str, Any], key: Node, value: Any, state: _State, depth: int) -> None:
    for source in merge_sources(key, value):
        merged = _collection(source, state, depth)
        state.merged += len(merged)
        if state.merged > state.limits.max_nodes:
            raise too_many_nodes(state.limits, start_of(key))
        data.update(merged)


def merge_sources(key: Node, value: Any) -> list[Any]:
    """The mappings that the merge key `key` pulls in, in the order in which they overwrite.

    Raises Unreadable for anything else. Of a list the first has the last word. An alias to a list
    is refused: go-yaml takes lists only where they are written out.
    """
    sources = [value]
    written_here = start_of(value) >= start_of(key)
    if type(value) is SequenceNode and written_here:
        sources = value.value[::-1]
    if any(type(source) is not MappingNode for source in sources):
        raise Unreadable("a merge key takes a mapping or a list of mappings", start_of(key))
    return sources


def is_merge(key: Node) -> bool:
    """True for an unquoted `<<`, and for one tagged `!!merge`."""
    return key.tag == MERGE_TAG and key.value == "<<"


def key_of(key: Any) -> str:
    """The key Kubernetes sees for a key node; raises Unreadable where it accepts none."""
    if type(key) is not ScalarNode:
        raise Unreadable("a mapping key is itself a mapping or a list", start_of(key))
    tag: Any = key.tag
    try:
        value = tag[0] if type(tag) is tuple else tagged_value(tag, key.value)
        return key_text(value, key.value)
    except BadScalar as bad:
        raise Unreadable(str(bad), start_of(key)) from None


def scalar_value(node: Any) -> Scalar:
    """The value of a scalar node that is no key; raises Unreadable."""
    tag = node.tag
    if type(tag) is tuple:
        value: Scalar = tag[0]
        return value
    try:
        value = tagged_value(tag, node.value)
    except BadScalar as bad:
        raise Unreadable(str(bad), start_of(node)) from None
    if isinstance(value, float) and (value != value or value in (float("inf"), float("-inf"))):
        raise Unreadable(f"`{node.value}` is not a number Kubernetes can store", start_of(node))
    return value


def repeated_keys(root: Node) -> list[Repeated]:
    """The keys that mappings of a document repeat, in the order of the text."""
    return list(_repeated(root))


def _repeated(root: Node) -> Iterator[Repeated]:
    visited: set[int] = set()
    pending: list[tuple[Route, Any]] = [((), root)]
    while pending:
        route, node = pending.pop()
        if id(node) in visited:
            continue
        visited.add(id(node))
        if type(node) is SequenceNode:
            children: list[tuple[Any, Any]] = list(enumerate(node.value))
        elif type(node) is MappingNode:
            children = [(key_of(key), value) for key, value in node.value if not is_merge(key)]
        else:
            continue
        if type(node) is MappingNode:
            yield from _repeated_here(node, route)
        pending += [((*route, step), child) for step, child in reversed(children)]


def _repeated_here(node: Any, route: Route) -> Iterator[Repeated]:
    seen: dict[str, Node] = {}
    for key_node, _ in node.value:
        if is_merge(key_node):
            continue
        key = key_of(key_node)
        if key in seen:
            yield Repeated((*route, key), key_node, seen[key])
        seen[key] = key_node
