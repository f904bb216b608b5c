"""A document that is being changed: its entries and where they stand, and the changes so far."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from typing import Any

from yaml.nodes import MappingNode, ScalarNode, SequenceNode

from kguard.fix.refuse import RefusedError
from kguard.fix.write import Layout
from kguard.record import field, record, replace
from kguard.source.build import is_merge, key_of
from kguard.source.locate import Locator

_COLON = re.compile(r"\s*:")
_KEEPING = re.compile(r"(?:[&!]\S*\s+)*[|>]\d?\+")
_SPACED = re.compile(r'"\s*:\s')
_UNIT = re.compile(r'\n([ \t]+)["{\[]')


@record(order=True)
class Change:
    """Text in place of what stands from one offset of a document to another."""

    start: int
    end: int
    text: str


@record(eq=False)
class Entry:
    """One entry of a mapping or item of a list, `start` at its key or dash, `end` after its value.

    `key` is empty and `key_node` None for an item. `aliased` says that the value is an alias, or
    that aliases elsewhere repeat it; `merge` that the key is `<<`.
    """

    node: Any
    start: int
    end: int
    key: str = ""
    key_node: Any = None
    aliased: bool = False
    merge: bool = False

    @property
    def is_absent(self) -> bool:
        """Whether the value is the null of a key or dash that nothing follows."""
        start: int = self.node.start_mark.index
        return type(self.node) is ScalarNode and start == self.node.end_mark.index


@record(frozen=False, eq=False)
class Draft:
    """One document and the changes that are to be made to its text."""

    locator: Locator
    layout: Layout
    text: str = field(init=False)
    unit: str = field(init=False)
    """The indentation of one level where the document is JSON spread over lines, else empty."""
    changes: list[Change] = field(default_factory=list)
    repeated: set[int] = field(init=False)
    """The nodes that aliases repeat, by identity."""

    def __post_init__(self) -> None:
        self.text = self.locator.text
        found = _UNIT.search(self.text) if self.layout.json else None
        self.unit = found[1] if found else ""
        tree = self.locator.tree
        self.repeated = set()
        if tree.aliases:
            for parent in _collections(tree.root):
                for position, child in enumerate(_children(parent)):
                    if (id(parent), position) in tree.aliases:
                        self.repeated.add(id(child))

    def change(self, start: int, end: int, text: str) -> None:
        """Put `text` in place of what stands between two offsets."""
        self.changes.append(Change(start, end, text))

    def root(self) -> Entry:
        """The whole document as an entry without a key."""
        node = self.locator.tree.root
        if node is None:
            raise RefusedError("the document is empty")
        return Entry(node, self.first(node), self.end(node))

    def entries(self, node: Any) -> list[Entry]:
        """The entries of a mapping, or the items of a list."""
        found = []
        mapping = type(node) is MappingNode
        for position, child in enumerate(node.value):
            key_node, value = child if mapping else (None, child)
            alias = self.locator.alias(node, 2 * position + 1 if mapping else position)
            end = alias[1].index if alias else self.end(value)
            aliased = bool(alias) or id(value) in self.repeated
            if key_node is None:
                start = alias[0].index if alias else value.start_mark.index
                start = self.locator.dash(node, start)
                found.append(Entry(value, start, end, aliased=aliased))
                continue
            merge = is_merge(key_node)
            key = "<<" if merge else key_of(key_node)
            start, key_end = self.key_start(key_node), self.locator.bounds(key_node)[1]
            entry = Entry(value, start, max(end, key_end), key, key_node, aliased, merge)
            if entry.is_absent and not alias:
                colon = _COLON.match(self.text, key_end)
                entry = replace(entry, end=colon.end() if colon else key_end)
            found.append(entry)
        return found

    def end(self, node: Any) -> int:
        """Where a node ends, after the colon of a last key without a value."""
        end = self.locator.end(node)
        colon = _COLON.match(self.text, end) if type(node) is not ScalarNode else None
        return colon.end() if colon else end

    def key_start(self, key_node: Any) -> int:
        """Where an entry begins: at the anchor or tag of its key, and at the `?` before that."""
        start: int = key_node.start_mark.index
        before = self.text[self.line_start(start) : start].rstrip(" \t")
        return self.line_start(start) + len(before) - 1 if before.endswith("?") else start

    def first(self, node: Any) -> int:
        """Where the content of a node begins, after its anchor and tag."""
        if type(node) is MappingNode and not node.flow_style and node.value:
            return self.key_start(node.value[0][0])
        return self.locator.bounds(node)[0]

    def after_head(self, entry: Entry) -> int:
        """The offset after the colon of an entry, or after the dash of an item."""
        if entry.key_node is None:
            return entry.start + 1
        colon = _COLON.match(self.text, self.locator.bounds(entry.key_node)[1])
        if colon is None:
            raise RefusedError(f"`{entry.key}` is written as a complex key")
        return colon.end()

    def line_start(self, offset: int) -> int:
        """Where the line of an offset begins."""
        return self.text.rfind("\n", 0, offset) + 1

    def line_end(self, offset: int) -> int:
        """Where the line of an offset ends, before its line break."""
        found = self.text.find("\n", offset)
        return len(self.text) if found < 0 else found

    def free_end(self, offset: int) -> int:
        """The end of the line of an offset, after which nothing but a comment may follow in it."""
        end = self.line_end(offset)
        rest = self.text[offset:end].strip()
        if rest and not rest.startswith("#"):
            raise RefusedError("something else stands on the same line")
        return end

    def kept_end(self, entry: Entry) -> int:
        """The offset before the last line break of an entry that ends in a block scalar which
        keeps all of them (`|+`); 0 for any other.
        """
        node = entry.node
        while type(node) is not ScalarNode and node.value and not node.flow_style:
            node = node.value[-1][1] if type(node) is MappingNode else node.value[-1]
        start = node.start_mark.index
        here = entry.start <= start <= entry.end  # Where an alias leads is another place.
        keeping = getattr(node, "style", None) in ("|", ">") and _KEEPING.match(self.text, start)
        if not here or not keeping:
            return 0
        end: int = min(node.end_mark.index, len(self.text))
        return end - 1 if self.text[end - 1] == "\n" else end

    def column(self, offset: int) -> int:
        """How many characters stand before an offset in its line."""
        return offset - self.line_start(offset)

    def begins_line(self, offset: int) -> bool:
        """Whether only white space stands before an offset in its line."""
        return not self.text[self.line_start(offset) : offset].strip()

    def layout_in(self, node: Any) -> Layout:
        """How collections inside a block mapping are indented, by its entries, else by the rest."""
        return _measure(self, [node], self.layout)


def draft_of(locator: Locator, *, json: bool) -> Draft:
    """A draft of a document, with the layout that most of it has."""
    compact = json and not _SPACED.search(locator.text)
    draft = Draft(locator, Layout(json=json, compact=compact))
    if not json:
        draft.layout = _measure(draft, _collections(locator.tree.root), draft.layout)
    return draft


def _measure(draft: Draft, nodes: Any, default: Layout) -> Layout:
    steps: Counter[int] = Counter()
    dashes: Counter[int] = Counter()
    for node in nodes:
        if type(node) is not MappingNode or node.flow_style or not node.value:
            continue
        column = draft.column(draft.first(node))
        for key, value in node.value:
            if type(value) not in (MappingNode, SequenceNode) or value.flow_style:
                continue
            start = draft.first(value)
            if not value.value or start < key.start_mark.index or not draft.begins_line(start):
                continue  # An alias, or properties before it.
            deeper = draft.column(start) - column
            (steps if type(value) is MappingNode else dashes)[deeper] += 1
    step = steps.most_common(1)[0][0] if steps else default.step
    dash = dashes.most_common(1)[0][0] if dashes else default.dash
    return Layout(step, dash, default.json)


def _children(node: Any) -> list[Any]:
    if type(node) is MappingNode:
        return [child for pair in node.value for child in pair]
    return list(node.value)


def _collections(root: Any) -> Iterator[Any]:
    """The collections of a document, each once."""
    pending, seen = [root], {id(root)}
    while pending:
        node = pending.pop()
        if type(node) not in (MappingNode, SequenceNode):
            continue
        yield node
        for child in reversed(_children(node)):
            if id(child) not in seen:
                seen.add(id(child))
                pending.append(child)
