"""Entries put into collections in braces and brackets, JSON among them, and taken out."""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Sequence
from typing import Any

from kguard.fix.block import runs, with_comments
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
        if _remove_lines(draft, entries, first, last):
            continue
        if first:
            draft.change(entries[first - 1].end, entries[last].end, "")
        else:
            draft.change(entries[0].start, entries[last + 1].start, "")
    if added:
        _append(draft, entries, gone, added)


def _remove_lines(draft: Draft, entries: Sequence[Entry], first: int, last: int) -> bool:
    """Take entries out with their lines and comments, where they have lines of their own."""
    text = draft.text
    start, end = entries[first].start, entries[last].end
    trailing = _COMMA.match(text, end)
    end = trailing.end() if trailing else end
    rest = text[end : draft.line_end(end)].strip()
    if not draft.begins_line(start) or (rest and not rest.startswith("#")):
        return False
    above = entries[first - 1].end if first else -1
    top = with_comments(draft, draft.line_start(start), above, draft.column(start))
    draft.change(top, min(draft.line_end(end) + 1, len(text)), "")
    if last == len(entries) - 1 and not trailing:
        comma = _COMMA.match(text, above)
        if comma:
            at = comma.end() - 1
            line = draft.line_start(at), draft.line_end(at)
            alone = text[slice(*line)].strip() == ","
            draft.change(*((line[0], line[1] + 1) if alone else (at, at + 1)), "")
    return True


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
    gap = "\n" + _indent(draft, entries[last].start) if own_line else draft.layout.blank
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
    return text if key is None else f"{scalar(key, layout)}:{layout.blank}{text}"


def spread(value: Any, draft: Draft, offset: int) -> str:
    """A collection as JSON over several lines, the first of them the line of `offset`."""
    lines = json.dumps(value, ensure_ascii=False, indent=draft.unit).split("\n")
    return f"\n{_indent(draft, offset)}".join(lines)
