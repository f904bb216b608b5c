"""From the data a document is to hold to the changes of its text: as few as will do.

Only entries whose value differs are touched. The callers read the result: what is not understood
here costs a fix, never a file.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from itertools import pairwise
from typing import Any

from yaml.nodes import MappingNode, ScalarNode, SequenceNode

from kguard.fix import block, flow
from kguard.fix.draft import Change, Draft, Entry, draft_of
from kguard.fix.intend import same
from kguard.fix.refuse import SHARED, RefusedError, merged
from kguard.fix.write import block as block_lines
from kguard.fix.write import inline, is_filled, scalar
from kguard.source.locate import Locator

# The header of a literal block: digits of its indentation, and what becomes of the last line end.
_CHOMPING = re.compile(r"\|(\d?)[-+]?(\d?)")


def changes(locator: Locator, old: Any, new: Any, *, json: bool) -> list[Change]:
    """The changes to the text of a document that make it hold `new` where it holds `old`.

    In the order of the text, none over another. Raises RefusedError.
    """
    draft = draft_of(locator, json=json)
    _value(draft, draft.root(), old, new, in_flow=json)
    # Two that begin at one place stay in the order in which they were made.
    ordered = sorted(_out_of_removals(draft), key=lambda change: (change.start, change.end))
    for before, after in pairwise(ordered):
        if after.start < before.end:
            raise RefusedError("its changes overlap in the text")
    return ordered


def _out_of_removals(draft: Draft) -> Iterator[Change]:
    """The changes, new lines behind a line that is taken out put behind the one above it."""
    removed = {change.end - 1: change for change in draft.changes if not change.text}
    for change in draft.changes:
        at = change.start
        while change.text and at == change.end and (gone := removed.get(at)):
            if draft.text[gone.start - 1 : gone.start] != "\n":
                break
            change = Change(at := gone.start - 1, at, change.text)
        yield change


def _value(draft: Draft, entry: Entry, old: Any, new: Any, in_flow: bool) -> None:
    if same(old, new):
        return
    if entry.aliased:
        raise RefusedError(SHARED)
    node = entry.node
    inside = type(node) is not ScalarNode and bool(node.value) and is_filled(new)
    if inside and type(node) is MappingNode and isinstance(new, Mapping):
        _mapping(draft, entry, old, new, in_flow)
    elif inside and type(node) is SequenceNode and isinstance(new, list):
        _sequence(draft, entry, old, new, in_flow)
    else:
        _replace(draft, entry, new, in_flow)


def _mapping(draft: Draft, whole: Entry, old: Any, new: Any, in_flow: bool) -> None:
    node = whole.node
    entries = draft.entries(node)
    written: dict[str, int] = {}
    twice = set()
    for position, entry in enumerate(entries):
        if not entry.merge:
            twice.update({entry.key} & written.keys())
            written[entry.key] = position
    changed = [key for key in old if key in new and not same(old[key], new[key])]
    dropped = [key for key in old if key not in new]
    for key in (*changed, *dropped):
        if key not in written:
            raise RefusedError(merged(key))
        if key in twice:
            raise RefusedError(f"`{key}` is written twice")
    added = {key: value for key, value in new.items() if key not in old}
    renamed = _renamed(old, dropped, added)
    gone = {written[key] for key in dropped if key not in renamed}
    if len(gone) == len(entries):
        _replace(draft, whole, new, in_flow)
        return
    for key in changed:
        _value(draft, entries[written[key]], old[key], new[key], node.flow_style)
    for key, name in renamed.items():
        entry, value = entries[written[key]], added.pop(name)
        _rename(draft, entry, name)
        if not same(old[key], value) and _has_comments(draft, entry):
            raise RefusedError("a comment in its value would be lost")
        _value(draft, entry, old[key], value, node.flow_style)
    rearrange = flow.rearrange if node.flow_style else block.rearrange
    rearrange(draft, node, entries, gone, list(added.items()))


def _renamed(old: Any, dropped: list[str], added: Mapping[str, Any]) -> dict[str, str]:
    """The new names of keys whose values go on under another one: the entry stays where it is.

    A value goes on as it is, or as the one item of a list.
    """
    found: dict[str, str] = {}
    for key in dropped:
        for name, value in added.items():
            if name not in found.values() and (same(old[key], value) or same([old[key]], value)):
                found[key] = name
                break
    return found


def _has_comments(draft: Draft, entry: Entry) -> bool:
    """Whether there may be comments in a value, below the line of its key: that one's stays."""
    lines = draft.text[draft.after_head(entry) : entry.end].split("\n")[1:]
    return any(line.lstrip().startswith("#") or " #" in line for line in lines)


def _rename(draft: Draft, entry: Entry, name: str) -> None:
    style = getattr(entry.key_node, "style", None)
    start, end = draft.locator.bounds(entry.key_node)
    draft.change(start, end, scalar(name, draft.layout, style if style in ("'", '"') else ""))


def _sequence(draft: Draft, whole: Entry, old: Any, new: Any, in_flow: bool) -> None:
    node = whole.node
    entries = draft.entries(node)
    gone = _left_out(old, new) if len(new) < len(old) else set()
    if gone is None or len(gone) == len(entries):
        _replace(draft, whole, new, in_flow)
        return
    if not gone:
        for number, entry in enumerate(entries):
            _value(draft, entry, old[number], new[number], node.flow_style)
    added = [(None, item) for item in new[len(old) :]]
    (flow if node.flow_style else block).rearrange(draft, node, entries, gone, added)


def _left_out(old: list[Any], new: list[Any]) -> set[int] | None:
    """The items of a list that a shorter one does not have; None where it has others."""
    gone, at = set(), 0
    for number, item in enumerate(old):
        if at < len(new) and same(item, new[at]):
            at += 1
        else:
            gone.add(number)
    return gone if at == len(new) else None


def _replace(draft: Draft, entry: Entry, new: Any, in_flow: bool) -> None:
    """Write another value in place of the whole one of an entry."""
    node = entry.node
    start, end = draft.first(node), entry.end
    collection = type(node) is not ScalarNode and bool(node.value)
    spread = collection and not node.flow_style
    if is_filled(new) and not in_flow and (spread or not collection):
        _replace_by_block(draft, entry, new, start, end, spread)
        return
    text = _text(draft, entry, new, in_flow)
    if entry.is_absent or spread or getattr(node, "style", None) in ("|", ">"):
        if entry.key_node is None and spread and entry.start == start:
            draft.change(start, end, text)  # The root.
            return
        head = draft.after_head(entry)
        rest = draft.line_end(head)
        if rest < end and draft.text[head:rest].strip().startswith("#"):
            draft.change(head, head, f" {text}")
            head, end, text = rest, draft.free_end(end), ""  # Two comments would become one.
        draft.change(head, max(head, end), f" {text}" if text else "")
    else:
        draft.change(start, end, text)


def _text(draft: Draft, entry: Entry, new: Any, in_flow: bool) -> str:
    layout = draft.layout
    if draft.unit and is_filled(new):
        return flow.spread(new, draft, entry.start)
    if isinstance(new, (Mapping, list)):
        return inline(new, layout)
    style = getattr(entry.node, "style", None)
    if isinstance(new, str) and style == "|" and not in_flow:
        lines = _literal(draft, entry, new)
        if lines is not None:
            return lines
    return scalar(new, layout, style if style in ("'", '"') else "")


def _literal(draft: Draft, entry: Entry, new: str) -> str | None:
    """A literal block like the one that stands there, with other lines; None where none can."""
    start, end = draft.locator.bounds(entry.node)
    head, _, body = draft.text[start:end].partition("\n")
    first = next((line for line in body.split("\n") if line.strip()), "")
    indent = first[: len(first) - len(first.lstrip(" "))]
    if not indent or not new.replace("\n", "").isprintable() or new[:1].isspace():
        return None
    if not new or new.endswith("\n\n"):
        return None
    keep = "" if new.endswith("\n") else "-"
    head = _CHOMPING.sub(lambda found: f"|{found[1]}{found[2]}{keep}", head, count=1)
    lines = new.rstrip("\n").split("\n")
    return "\n".join([head, *(f"{indent}{line}" if line else "" for line in lines)])


def _replace_by_block(
    draft: Draft, entry: Entry, new: Any, start: int, end: int, spread: bool
) -> None:
    layout = draft.layout
    if spread and isinstance(new, list) == (type(entry.node) is SequenceNode):
        lines = block_lines(new, draft.column(start), layout)
        draft.change(start, end, "\n".join(lines).lstrip(" "))
        return
    if entry.key_node is None and entry.start == start:  # The root.
        draft.change(start, end, "\n".join(block_lines(new, 0, layout)))
        return
    head = draft.after_head(entry)
    if entry.key_node is None:
        lines = block_lines(new, draft.column(entry.start) + 2, layout)
        if spread and draft.line_start(start) > head:
            draft.change(draft.free_end(head), end, "\n" + "\n".join(lines))
        else:
            draft.change(head, max(head, end), " " + "\n".join(lines).lstrip(" "))
        return
    deeper = layout.step if isinstance(new, Mapping) else layout.dash
    lines = block_lines(new, draft.column(entry.start) + deeper, layout)
    if spread:
        after = draft.free_end(head)
        draft.change(after, end, "\n" + "\n".join(lines))
        return
    after = draft.free_end(max(head, end))
    if not entry.is_absent:
        draft.change(head, end, "")
    draft.change(after, after, "\n" + "\n".join(lines))
