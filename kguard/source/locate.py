"""Routes to places: which text of a document a key, an item or a missing key belongs to."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterator
from typing import Any

from yaml.error import Mark
from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from kguard.model import Place, Route, Span
from kguard.record import record
from kguard.source.build import is_merge, key_of, merge_sources
from kguard.source.text import Lines
from kguard.source.tree import Tree

# The marks of the aliases passed, the last one first: (start mark, end mark), those before it.
_Via = tuple[tuple[Any, Any], Any] | None


# An anchor or a tag before a value; a plain scalar begins with neither.
_PROPERTIES = re.compile(r"(?:[&!]\S*\s+)+")
_START = Mark("", 0, 0, 0, None, 0)
# Stands for the root of a document that has no node.
_NOTHING = ScalarNode("", "", _START, _START)


@record
class _Step:
    """A node reached on a route: the key or list it hangs on and the aliases passed."""

    node: Any
    key: Any = None
    via: _Via = None
    # Where the entry begins and ends in the text: key or dash to value or alias.
    start: int = 0
    end: int = 0


class Locator:
    """Places in one document. `offset` is where its text begins in the file."""

    __slots__ = ("_extents", "_lines", "offset", "text", "tree")

    def __init__(self, tree: Tree, text: str, offset: int, lines: Lines) -> None:
        self.tree = tree
        self.text = text
        self.offset = offset
        self._lines = lines
        self._extents: list[tuple[int, int, int]] | None = None

    def span(self, start: int, end: int) -> Span:
        """The span in the file from one offset in the document to another."""
        return self._lines.span(self.offset + start, self.offset + end)

    def locate(self, route: Route, *, at_key: bool = False) -> Place:
        """The place of `route`; see `Document.locate` for what the caret is put under."""
        step, missing = self.walk(route)
        via = []
        passed = step.via
        while passed:
            (start, end), passed = passed
            via.append(self.span(start.index, end.index))
        value = not missing and not at_key
        return Place(self._caret(step, value=value), missing, tuple(reversed(via)))

    def extent(self, route: Route) -> tuple[int, int]:
        """The first and the last line of the entry or item at `route`."""
        step, _ = self.walk(route)
        return self._line_range(step.start, step.end)

    def line(self, number: int) -> str:
        """The text of a line of the file."""
        return self._lines.line(number)

    def following(self, line: int) -> tuple[int, int] | None:
        """The extent of the first entry or item that starts on or after `line`."""
        if self._extents is None:
            self._extents = sorted(self._all_extents())
        at = bisect_left(self._extents, (line, 0, 0))
        if at == len(self._extents):
            return None
        first, _, last = self._extents[at]
        return first, last

    def walk(self, route: Route) -> tuple[_Step, Route]:
        """The deepest step of `route` that exists, and the keys that do not."""
        root = self.tree.root
        if root is None:
            return _Step(_NOTHING), route
        step = _Step(root, start=self._first(root), end=self.end(root))
        for done, key in enumerate(route):
            if isinstance(key, str) and type(step.node) is MappingNode:
                found = self._entry(step.node, key, step.via)
            elif isinstance(key, int) and type(step.node) is SequenceNode:
                found = self._item(step.node, key, step.via)
            else:
                found = None
            if found is None:
                return step, route[done:]
            step = found
        return step, ()

    def _entry(self, mapping: Any, wanted: str, via: _Via) -> _Step | None:
        """The entry whose value Kubernetes keeps for a key: the last one, merges in order."""
        searched: set[int] = set()
        pending: list[tuple[Any, int, _Via]] = [(mapping, len(mapping.value) - 1, via)]
        while pending:
            mapping, position, via = pending.pop()
            if position == len(mapping.value) - 1:
                if id(mapping) in searched:
                    continue
                searched.add(id(mapping))
            while position >= 0:
                key, value = mapping.value[position]
                through = self.alias(mapping, 2 * position + 1)
                if is_merge(key):
                    pending.append((mapping, position - 1, via))
                    pending.extend(self._merged(key, value, through, via))
                    break
                if key_of(key) == wanted:
                    via = (through, via) if through else via
                    end = through[1].index if through else self.end(value)
                    return _Step(value, key, via, key.start_mark.index, end)
                position -= 1
        return None

    def _merged(
        self, key: Any, value: Any, through: Any, via: _Via
    ) -> Iterator[tuple[Any, int, _Via]]:
        """The mappings a merge key pulls in, the one that has the last word last."""
        for source in merge_sources(key, value):
            passed = through
            if source is not value:
                at = next(i for i, item in enumerate(value.value) if item is source)
                passed = self.alias(value, at)
            yield source, len(source.value) - 1, (passed, via) if passed else via

    def _item(self, sequence: Any, index: int, via: _Via) -> _Step | None:
        if not 0 <= index < len(sequence.value):
            return None
        item = sequence.value[index]
        through = self.alias(sequence, index)
        start = through[0].index if through else self._first(item)
        return _Step(
            item,
            None,
            (through, via) if through else via,
            self.dash(sequence, start),
            through[1].index if through else self.end(item),
        )

    def alias(self, parent: Any, position: int) -> Any:
        """The marks of the alias at a position of a collection, None where text stands there.

        A mapping's keys and values count one by one.
        """
        return self.tree.aliases.get((id(parent), position))

    def _caret(self, step: _Step, *, value: bool) -> Span:
        """The span to show for a step: its key, else its first key; the value, if on one line."""
        if value and type(step.node) is ScalarNode:
            start, end = self.bounds(step.node)
            if start < end and "\n" not in self.text[start:end] and not self._is_block(step.node):
                return self.span(start, end)
        if step.key is not None:
            return self._one_line(*self.bounds(step.key))
        node = step.node
        if _is_absent(node):
            return self.span(step.start, step.start + 1)
        while type(node) in (MappingNode, SequenceNode) and node.value:
            node = node.value[0][0] if type(node) is MappingNode else node.value[0]
        return self._one_line(*self.bounds(node))

    def _one_line(self, start: int, end: int) -> Span:
        cut = self.text.find("\n", start, end)
        return self.span(start, end if cut < 0 else cut)

    def _is_block(self, node: Any) -> bool:
        return node.style in ("|", ">")

    def bounds(self, node: Any) -> tuple[int, int]:
        """Where a node's own text begins and ends, without white space after it.

        A scalar's begins after its anchor and tag.
        """
        start, end = node.start_mark.index, node.end_mark.index
        if type(node) is not ScalarNode and node.flow_style:
            return start, end  # At its bracket: it may be the whole file, which is not copied.
        properties = _PROPERTIES.match(self.text, start, end)
        if properties and type(node) is ScalarNode:
            start = properties.end()
        return start, start + len(self.text[start:end].rstrip())

    def _first(self, node: Any) -> int:
        index: int = node.start_mark.index
        return index

    def end(self, node: Any) -> int:
        """The offset at which a node ends; a block collection ends where its last child does."""
        while type(node) in (MappingNode, SequenceNode) and not node.flow_style and node.value:
            mapping = type(node) is MappingNode
            last = node.value[-1][1] if mapping else node.value[-1]
            through = self.alias(node, len(node.value) * (2 if mapping else 1) - 1)
            if through:
                end: int = through[1].index
                return end
            if (
                mapping
                and type(last) is ScalarNode
                and last.start_mark.index == last.end_mark.index
            ):
                return self.bounds(node.value[-1][0])[1]
            node = last
        return self.bounds(node)[1]

    def dash(self, sequence: Any, start: int) -> int:
        """Where the `-` of a block item is that begins at `start`; flow items have none.

        All dashes of a sequence stand in one column, that of its first.
        """
        first: int = sequence.start_mark.index
        if sequence.flow_style:
            return start
        column = first - self.text.rfind("\n", 0, first) - 1
        line = self.text.rfind("\n", 0, start) + 1
        while line + column > first:
            dash = line + column
            if dash < start and self.text[dash : dash + 2].strip() == "-":
                return dash
            line = self.text.rfind("\n", 0, line - 1) + 1
        return first

    def _line_range(self, start: int, end: int) -> tuple[int, int]:
        first, _ = self._lines.position(self.offset + start)
        last, _ = self._lines.position(self.offset + max(start, end))
        return first, last

    def _all_extents(self) -> Iterator[tuple[int, int, int]]:
        """First line, column and last line of every entry and item; aliases are not followed."""
        pending: list[Node] = [self.tree.root] if self.tree.root is not None else []
        while pending:
            node: Any = pending.pop()
            if type(node) not in (MappingNode, SequenceNode):
                continue
            mapping = type(node) is MappingNode
            for position, child in enumerate(node.value):
                key, value = child if mapping else (None, child)
                through = self.alias(node, 2 * position + 1 if mapping else position)
                end = through[1].index if through else self.end(value)
                if key is not None:
                    start = key.start_mark.index
                    end = max(end, self.bounds(key)[1])
                else:
                    start = through[0].index if through else self._first(value)
                    start = self.dash(node, start)
                line, column = self._lines.position(self.offset + start)
                yield line, column, self._line_range(start, end)[1]
                if not through:
                    pending.append(value)


def _is_absent(node: Any) -> bool:
    """True for the null of a key or dash that nothing follows."""
    return type(node) is ScalarNode and node.start_mark.index == node.end_mark.index
