"""Lists put into lists by `- <<: *name`, which Woodpecker has beside YAML.

Sources: https://woodpecker-ci.org/docs/usage/advanced-usage#sequence-merges, and
codeberg.org/6543/xyaml merge.go, the reader it goes through.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from kguard.source.build import is_merge
from kguard.source.text import Unreadable, start_of
from kguard.source.tree import Slot, Tree

_MOST = 10_000
"""Items that come into the lists of a document this way; a workflow has some dozens."""
_STEPS = "steps"
_OTHERS = frozenset({"apiVersion", "kind"})
"""At the root of what another program reads, to which such a list is an error."""


def spread(tree: Tree) -> None:
    """Put the items of such lists in their place, and the marks of the alias at each of them.

    Nothing is done in a document that is no workflow, and to what may be a merge of mappings.
    Raises Unreadable where a list holds itself, or too much.
    """
    if not _is_workflow(tree.root):
        return
    seen: set[int] = set()
    pending: list[tuple[Any, bool]] = [(tree.root, False)]
    count = 0
    while pending:
        node, inside_done = pending.pop()
        if inside_done:
            if any(_sources(item) for item in node.value):
                # Before it is done: of few characters can come any number.
                count += sum(len(each.value) for item in node.value for each in _sources(item))
                if count > _MOST:
                    raise Unreadable(f"more than {_MOST:,} items by `<<`", start_of(node))
                _spread(tree, node)
        elif type(node) is not ScalarNode and id(node) not in seen:
            seen.add(id(node))
            if type(node) is SequenceNode:
                pending += [(node, True), *((item, False) for item in node.value)]
            else:
                pending += [(child, False) for pair in node.value for child in pair]


def _is_workflow(root: Node | None) -> bool:
    if type(root) is not MappingNode:
        return False
    keys = {key.value for key, _ in root.value if type(key) is ScalarNode}
    return _STEPS in keys and not _OTHERS & keys


def _sources(item: Any) -> list[Any]:
    """The lists whose items stand for an item of a list; none where it stands for itself."""
    if type(item) is not MappingNode or len(item.value) != 1 or not is_merge(item.value[0][0]):
        return []
    key, value = item.value[0]
    written_here = start_of(value) >= start_of(key)
    sources = value.value if type(value) is SequenceNode and written_here else [value]
    lists = all(type(each) is SequenceNode and start_of(each) < start_of(key) for each in sources)
    return sources if lists else []


def _spread(tree: Tree, node: Any) -> None:
    items: list[Any] = []
    marks: dict[Slot, Any] = {}
    for position, item in enumerate(node.value):
        for child, alias in _items(tree, node, position, item):
            if alias is not None:
                marks[(id(node), len(items))] = alias
            items.append(child)
    for position in range(len(node.value)):
        tree.aliases.pop((id(node), position), None)
    tree.aliases.update(marks)
    node.value = items


def _items(tree: Tree, node: Any, position: int, item: Any) -> Iterator[tuple[Any, Any]]:
    """What stands for one item, each with the marks of the alias it comes through."""
    sources = _sources(item)
    if not sources:
        yield item, tree.aliases.get((id(node), position))
        return
    key, value = item.value[0]
    for number, source in enumerate(sources):
        if source is node:
            raise Unreadable("anchor value contains itself", start_of(key))
        slot = (id(item), 1) if source is value else (id(value), number)
        for child in source.value:
            yield child, tree.aliases.get(slot)
