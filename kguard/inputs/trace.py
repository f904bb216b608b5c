"""Where in a template a character of what it rendered comes from, if there is no doubt.

A template is a graph of pieces (kguard.inputs.gotemplate) and a rendered document one way through
it. All ways that give exactly this document are followed at once, forwards and backwards, with a
bit for each position in the document. A character has a certain place if it has the same one on
each of these ways.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import deque
from collections.abc import Iterator

from kguard.inputs.gotemplate import Graph, Kind, Node
from kguard.record import field, record

MOST_WORK = 1_000_000_000
"""Visits of nodes times characters of the document; above this no place is certain. A second."""


@record(eq=False)
class Certain:
    """A stretch of the template: where a character stands, or the action that wrote it."""

    start: int
    end: int
    literal: bool


@record(frozen=False, eq=False, repr=False)
class Trace:
    """The ways through a template that give one rendered document, without its outer white space.

    `reached` are the positions at which a node can begin on a way from a beginning, `left` those
    at which one can have ended with a way to an end ahead.
    """

    graph: Graph
    rendered: str
    reached: list[int] = field(default_factory=list)
    left: list[int] = field(default_factory=list)
    _work: int = 0
    _found: dict[str, int] = field(default_factory=dict)
    _line_starts: list[int] = field(default_factory=list)

    def __post_init__(self) -> None:
        count = len(self.graph.nodes)
        self.reached, self.left = [0] * count, [0] * count
        start = 0
        while start <= len(self.rendered):
            self._line_starts.append(start)
            end = self.rendered.find("\n", start)
            if end < 0:
                break
            start = end + 1
        if not (self._forwards() and self._backwards()):
            self.reached, self.left = [0] * count, [0] * count

    def place(self, position: int) -> Certain | None:
        """The one place in the template of the character at a position; None where in doubt."""
        found: dict[tuple[int, bool], Certain] = {}
        for number, node in enumerate(self.graph.nodes):
            for place in self._places(number, node, position):
                found[(place.start, place.literal)] = place
                if len(found) > 1:
                    return None
        return next(iter(found.values()), None)

    def _places(self, number: int, node: Node, at: int) -> Iterator[Certain]:
        reached = self.reached[number]
        if not reached:
            return
        if node.kind is Kind.TEXT:
            first = max(0, at - len(node.text) + 1)
            window = reached >> first & (1 << at - first + 1) - 1
            for start in _bits(window):
                start += first
                skipped, text = self._effective(node.text, start)
                ends = self._after_text(node.text, 1 << start)
                if start <= at < start + len(text) and ends & self.left[number]:
                    offset = node.start + skipped + at - start
                    yield Certain(offset, offset + 1, literal=True)
        elif node.kind in (Kind.LINE, Kind.BLOCK, Kind.ANYTHING):
            before = reached & (1 << at + 1) - 1
            if before:
                # If any beginning before it reaches it, the last one does.
                ends = self._spread(node, 1 << before.bit_length() - 1)
                if (ends & self.left[number]) >> at + 1:
                    yield Certain(node.start, node.end, literal=False)

    # Ways

    def _is_too_much(self, node: Node) -> bool:
        """Count one visit of a node; whether there were too many."""
        self._work += len(self.rendered) + 5000
        # Line by line; few of them for what stays on one.
        for_a_line = {Kind.LINE: 100, Kind.BLOCK: 1000}.get(node.kind, 0)
        self._work += for_a_line * len(self._line_starts)
        return self._work > MOST_WORK

    def _forwards(self) -> bool:
        """Fill `reached`; whether that could be done in time."""
        nodes = self.graph.nodes
        self.reached[0] = 1
        pending = deque([0])
        for number, node in enumerate(nodes):
            if node.kind is Kind.SEPARATOR:
                pending.append(number)
        while pending:
            number = pending.popleft()
            node = nodes[number]
            if self._is_too_much(node):
                return False
            ends = self._after(node, self.reached[number])
            for following in node.following:
                if ends & ~self.reached[following]:
                    self.reached[following] |= ends
                    pending.append(following)
        return True

    def _backwards(self) -> bool:
        """Fill `left`; whether that could be done in time."""
        nodes, done = self.graph.nodes, 1 << len(self.rendered)
        preceding: list[list[int]] = [[] for _ in nodes]
        for number, node in enumerate(nodes):
            for following in node.following:
                preceding[following].append(number)
        pending = deque(self.graph.ends)
        for number in self.graph.ends:
            self.left[number] |= done
        pending.extend(n for n, node in enumerate(nodes) if node.kind is Kind.SEPARATOR)
        while pending:
            number = pending.popleft()
            if self._is_too_much(nodes[number]):
                return False
            begins = self._before(nodes[number], self.left[number]) & self.reached[number]
            if nodes[number].kind is Kind.SEPARATOR:
                begins = done
            for before in preceding[number]:
                if begins & ~self.left[before]:
                    self.left[before] |= begins
                    pending.append(before)
        return True

    def _after(self, node: Node, begins: int) -> int:
        """Where a node can have ended that began at one of these positions."""
        if node.kind is Kind.TEXT:
            return self._after_text(node.text, begins)
        if node.kind is Kind.SEPARATOR:
            return 1  # The next document begins.
        return begins if node.kind is Kind.NOTHING else self._spread(node, begins)

    def _before(self, node: Node, ends: int) -> int:
        """Where a node can have begun that ended at one of these positions."""
        if node.kind is Kind.TEXT:
            size, found = len(node.text), self._occurrences(node.text)
            begins = ends >> size & found
            for start in (0, *self._trailing(node.text)):
                if self._after_text(node.text, 1 << start) & ends:
                    begins |= 1 << start
            return begins
        return ends if node.kind is Kind.NOTHING else self._spread_back(node, ends)

    # Texts. White space around a document is cut off: at its beginning and its end a text may
    # have lost some.

    def _after_text(self, text: str, begins: int) -> int:
        size = len(text)
        ends = (begins & self._occurrences(text)) << size
        if begins & 1 and text[0].isspace():
            rest = text.lstrip()
            if not rest:
                ends |= 1
            else:
                ends |= self._after_text(rest, 1)
        if text[-1].isspace():
            for start in self._trailing(text):
                if begins >> start & 1:
                    ends |= 1 << len(self.rendered)
        return ends

    def _trailing(self, text: str) -> tuple[int, ...]:
        """Where a text can begin that ends in white space beyond the end of the document."""
        kept = text.rstrip()
        start = len(self.rendered) - len(kept)
        if len(kept) == len(text) or start < 0 or not self.rendered.endswith(kept):
            return ()
        return (start,)

    def _effective(self, text: str, start: int) -> tuple[int, str]:
        """What is left of a text that begins at a position, and how much was cut off before."""
        skipped = len(text) - len(text.lstrip()) if start == 0 else 0
        return skipped, text[skipped : skipped + len(self.rendered) - start]

    def _occurrences(self, text: str) -> int:
        if text not in self._found:
            found, at = bytearray(len(self.rendered) // 8 + 1), self.rendered.find(text)
            while at >= 0:
                found[at >> 3] |= 1 << (at & 7)
                at = self.rendered.find(text, at + 1)
            self._found[text] = int.from_bytes(found, "little")
        return self._found[text]

    # Actions

    def _spread(self, node: Node, begins: int) -> int:
        """All positions up to which an action can write from these."""
        ends, everything = 0, (1 << len(self.rendered) + 1) - 1
        if node.kind is Kind.ANYTHING:
            return everything & -(begins & -begins) if begins else 0
        number = self._line_of(begins) if begins else len(self._line_starts)
        while number < len(self._line_starts):
            start, stop = self._line_starts[number], self._stop(number)
            here = (begins | ends) >> start & (1 << stop - start + 1) - 1
            if here:
                low = start + (here & -here).bit_length() - 1
                ends |= (1 << stop + 1) - (1 << low)
                number += 1
                more = node.kind is Kind.BLOCK and number < len(self._line_starts)
                if more and self._indented(number, node.indent):
                    ends |= 1 << self._line_starts[number]
            else:
                later = begins >> stop + 1 << stop + 1
                if not later:
                    break
                number = self._line_of(later)
        return ends

    def _line_of(self, mask: int) -> int:
        """The number of the line, from 0, of the first position in a mask."""
        return bisect_right(self._line_starts, (mask & -mask).bit_length() - 1) - 1

    def _spread_back(self, node: Node, ends: int) -> int:
        """All positions from which an action can write up to these."""
        if node.kind is Kind.ANYTHING:
            return (1 << ends.bit_length()) - 1
        begins, on = 0, False
        last = bisect_right(self._line_starts, ends.bit_length() - 1) - 1 if ends else -1
        for number in range(last, -1, -1):
            start, stop = self._line_starts[number], self._stop(number)
            here = ends >> start & (1 << stop - start + 1) - 1
            if on:
                begins |= (1 << stop + 1) - (1 << start)
            elif here:
                begins |= ((1 << here.bit_length()) - 1) << start
            else:
                continue
            on = node.kind is Kind.BLOCK and self._indented(number, node.indent)
        return begins

    def _indented(self, number: int, indent: int) -> bool:
        """Whether a line is indented by so much, or blank."""
        line = self.rendered[self._line_starts[number] : self._stop(number)]
        return line[:indent].isspace() or not line.strip() or not indent

    def _stop(self, number: int) -> int:
        """The end of a line, without its line end."""
        if number + 1 < len(self._line_starts):
            return self._line_starts[number + 1] - 1
        return len(self.rendered)


def _bits(mask: int) -> Iterator[int]:
    while mask:
        low = mask & -mask
        yield low.bit_length() - 1
        mask ^= low
