"""Entries put into collections in braces and brackets, JSON among them, and taken out."""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Sequence
from typing import Any

from kguard.fix.block import runs
from kguard.fix.draft import Draft, Entry
from kguard.fix.write import inline, is_filled, scalar
from kguard.record import replace

_COMMA = re.compile(r"(?:\s|#[^\n]*)*,")


def rearrange(
    draft: Draft,
    node: Any,
    entries: Sequence[Entry],
    gone: Collection[int],
    added: Sequence[tuple[str | None, Any]],
) -> None:
    """Take out the entries at the positions `gone`, of which there are less than all, and append.

    Keys of `added` are None where the collection is a list.
    """
    for first, last in runs(gone):
        if first:
            draft.change(entries[first - 1].end, entries[last].end, "")
        else:
            draft.change(entries[0].start, entries[last + 1].start, "")
    if added:
        _append(draft, entries, gone, added)


def _append(
    draft: Draft,
    entries: Sequence[Entry],
    gone: Collection[int],
    added: Sequence[tuple[str | None, Any]],
) -> None:
    last = max(position for position in range(len(entries)) if position not in gone)
    at = entries[last].end
    own_line = draft.begins_line(entries[last].start)
    texts = [_text(draft, entries, entries[last].start, key, value) for key, value in added]
    gap = "\n" + _indent(draft, entries[last].start) if own_line else " "
    comma = _COMMA.match(draft.text, entries[-1].end)
    if comma and last == len(entries) - 1:
        at = comma.end()
        draft.change(at, at, ",".join(f"{gap}{text}" for text in texts) + ("," if own_line else ""))
        return
    rest = draft.text[at : draft.line_end(at)].strip()
    if own_line and rest.startswith("#") and last == len(entries) - 1:
        draft.change(at, at, ",")
        end = draft.line_end(at)
        draft.change(end, end, ",".join(f"{gap}{text}" for text in texts))
        return
    draft.change(at, at, "".join(f",{gap}{text}" for text in texts))


def _indent(draft: Draft, offset: int) -> str:
    line = draft.text[draft.line_start(offset) :]
    return line[: len(line) - len(line.lstrip(" \t"))]


def _text(draft: Draft, entries: Sequence[Entry], offset: int, key: str | None, value: Any) -> str:
    """One entry, with quoted keys where all others have them."""
    layout = draft.layout
    quoted = all(entry.key_node is not None and draft.text[entry.start] == '"' for entry in entries)
    if quoted:
        layout = replace(layout, json=True)
    beside = draft.text[entries[-1].start : entries[-1].end]
    over_lines = draft.unit and is_filled(value) and (beside[0] not in "{[" or "\n" in beside)
    text = spread(value, draft, offset) if over_lines else inline(value, layout)
    return text if key is None else f"{scalar(key, layout)}: {text}"


def spread(value: Any, draft: Draft, offset: int) -> str:
    """A collection as JSON over several lines, the first of them the line of `offset`."""
    lines = json.dumps(value, ensure_ascii=False, indent=draft.unit).split("\n")
    return f"\n{_indent(draft, offset)}".join(lines)
