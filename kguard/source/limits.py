"""How large, deep and wide a document may be, checked before anything is built from it.

PyYAML's composer calls itself once per level in C and crashes the process on a text of a hundred
thousand brackets, so the depth is bounded on the text and on the event stream, which use no stack.
"""

from __future__ import annotations

from typing import Any

from yaml.events import CollectionEndEvent, CollectionStartEvent, NodeEvent

from kguard.record import record
from kguard.source.parser import events
from kguard.source.text import Unreadable, start_of


@record
class Limits:
    """What is refused instead of read.

    max_bytes: size of a file. The API server takes 3 MiB per request; dumps of a cluster are
    larger.
    max_depth: collections inside each other. The deepest real manifests (custom resource
    definitions) nest about 60.
    max_nodes: scalars and collections of one document, counted as if every alias were written
    out, because checks walk them like that. Reading one takes up to half a kilobyte.
    """

    max_bytes: int = 32 * 1024 * 1024
    max_depth: int = 200
    max_nodes: int = 1_000_000


# Kubernetes' bound on aliases (go-yaml v2 decode.go): beyond 1,000 nodes, the share that may come
# from aliases falls from 99 % at 400,000 nodes to 10 % at 4,000,000.
_FREE_NODES, _FREE_ALIASES = 1_000, 100
_RATIO_LOW, _RATIO_HIGH = 400_000, 4_000_000

# Depth up to which the C composer is let loose. It takes about 580 bytes of stack per level
# (PyYAML 6.0.3, x86-64), so this is 0.6 MB of the usual 8; real nesting is bounded while building.
_COMPOSER_DEPTH = 1_000

_LEADERS = bytes.maketrans(b"-?:\t", b"    ")


def check_text(text: str, limits: Limits) -> None:
    """Raise Unreadable where `text` holds too many nodes, or nests too deeply to be composed.

    Counts characters first, which can only overstate; parses only where that is not enough.
    """
    shallow = depth_bound(text, _COMPOSER_DEPTH) <= _COMPOSER_DEPTH
    if shallow and node_bound(text, limits.max_nodes) <= limits.max_nodes:
        return
    depth = nodes = 0
    for event in events(text):
        if isinstance(event, NodeEvent):
            nodes += 1
            if nodes > limits.max_nodes:
                raise too_many_nodes(limits, start_of(event))
        if isinstance(event, CollectionStartEvent):
            depth += 1
            if depth > limits.max_depth:
                raise too_deep(limits, start_of(event))
        elif isinstance(event, CollectionEndEvent):
            depth -= 1


def too_deep(limits: Limits, offset: int = 0) -> Unreadable:
    """The error for a document that nests too deeply."""
    return Unreadable(f"nested deeper than {limits.max_depth} levels", offset)


def too_many_nodes(limits: Limits, offset: int = 0) -> Unreadable:
    """The error for a document with too many nodes."""
    return Unreadable(f"more than {limits.max_nodes:,} nodes in one document", offset)


def depth_bound(text: str, enough: int) -> int:
    """A number that the nesting depth of `text` does not exceed; exact only to say `<= enough`.

    Flow collections need a bracket each. A block collection needs a column of its own at the
    beginning of a line, which a sequence may share with the mapping around it.
    """
    flow = text.count("{") + text.count("[")
    columns = (enough - flow) // 2 - 1
    if columns < 1:
        return enough + 1
    if b" " * columns in text.encode().translate(_LEADERS):
        return enough + 1
    return flow + 2 * (columns + 1)


def node_bound(text: str, enough: int) -> int:
    """A number that the count of nodes in `text`, aliases not followed, does not exceed."""
    if len(text) < enough:
        return len(text)
    return 2 * (1 + sum(text.count(mark) for mark in "\n,[{:-?"))


def check_expansion(data: Any, limits: Limits) -> None:
    """Raise Unreadable where aliases make `data` larger than Kubernetes or `limits` allow.

    Shared objects are counted once for each place they appear in, without walking them again.
    """
    sizes: dict[int, int] = {}
    depths: dict[int, int] = {}
    written = 1
    pending = [data] if isinstance(data, dict | list) else []
    while pending:
        item = pending[-1]
        if id(item) in sizes:
            pending.pop()
            continue
        values = item.values() if isinstance(item, dict) else item
        inner = [value for value in values if isinstance(value, dict | list)]
        unknown = [value for value in inner if id(value) not in sizes]
        if unknown:
            pending.extend(unknown)
            continue
        pending.pop()
        own = 1 + len(item) * (2 if isinstance(item, dict) else 1) - len(inner)
        sizes[id(item)] = own + sum(sizes[id(value)] for value in inner)
        depths[id(item)] = 1 + max((depths[id(value)] for value in inner), default=0)
        written += own
        if depths[id(item)] > limits.max_depth:
            raise too_deep(limits)
    total = sizes.get(id(data), 1)
    if total > limits.max_nodes:
        raise too_many_nodes(limits)
    aliased = total - written
    if total > _FREE_NODES and aliased > _FREE_ALIASES and aliased / total > _allowed(total):
        raise Unreadable("aliases expand the document beyond what Kubernetes accepts")


def _allowed(total: int) -> float:
    share = (total - _RATIO_LOW) / (_RATIO_HIGH - _RATIO_LOW)
    return 0.99 - 0.89 * min(1.0, max(0.0, share))
