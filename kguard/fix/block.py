"""Entries put into collections of block style, and taken out with the comments that are theirs."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from itertools import groupby
from typing import Any

from yaml.nodes import MappingNode

from kguard.fix.draft import Draft, Entry
from kguard.fix.refuse import RefusedError
from kguard.fix.write import block, entry

_PROSE = 3
"""From so many words on, a comment says something, and is no heading or line that was taken out."""
_LONG = 5
"""From so many line breaks on, an entry keeps what follows it out of sight of what is before."""


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
        _remove(draft, entries, first, last)
    if added:
        _append(draft, node, entries, gone, added)


def runs(positions: Collection[int]) -> list[tuple[int, int]]:
    """The first and last of each run of positions without a gap."""
    found = []
    for _, group in groupby(enumerate(sorted(positions)), key=lambda pair: pair[1] - pair[0]):
        members = [position for _, position in group]
        found.append((members[0], members[-1]))
    return found


def _append(
    draft: Draft,
    node: Any,
    entries: Sequence[Entry],
    gone: Collection[int],
    added: Sequence[tuple[str | None, Any]],
) -> None:
    column = draft.column(entries[0].start)
    layout = draft.layout_in(node) if type(node) is MappingNode else draft.layout
    lines: list[str] = []
    for key, value in added:
        lines += (
            block([value], column, layout) if key is None else entry(key, value, column, layout)
        )
    kept = [each for position, each in enumerate(entries) if position not in gone]
    beside = _neighbour(draft, kept, node)
    at = draft.kept_end(beside) or draft.free_end(beside.end)
    draft.change(at, at, "".join(f"\n{line}" for line in lines))


def _neighbour(draft: Draft, kept: Sequence[Entry], node: Any) -> Entry:
    """The entry behind which new ones go: the last; where that is long, the last of one line.

    So a strategy stands beside the replicas and not a hundred lines below, after the template.
    """
    last = kept[-1]
    if type(node) is MappingNode and draft.text.count("\n", last.start, last.end) >= _LONG:
        for each in reversed(kept):
            if "\n" not in draft.text[each.start : each.end]:
                return each
    return last


def _remove(draft: Draft, entries: Sequence[Entry], first: int, last: int) -> None:
    text = draft.text
    start, end = entries[first].start, entries[last].end
    line_end = draft.free_end(end)
    if draft.begins_line(start):
        above = entries[first - 1].end if first else -1
        start = with_comments(draft, draft.line_start(start), above, draft.column(start))
        if line_end == len(text) and start:
            draft.change(start - 1, line_end, "")  # The file goes on not ending in a line break.
        else:
            draft.change(start, min(line_end + 1, len(text)), "")
        return
    # It stands behind a dash: the next entry takes its place, unless comments lie between.
    following = entries[last + 1].start
    if text[line_end:following].strip():
        draft.change(len(text[:start].rstrip(" ")), line_end, "")
    else:
        draft.change(start, following, "")


def with_comments(draft: Draft, start: int, above: int, column: int) -> int:
    """Where the comment lines right above a line begin that stand in its column.

    Those at the top of a document stay: they speak of the whole of it. Raises RefusedError for
    prose: it may say why the line is as it is, and would be lost, or speak of another line.
    """
    top = start
    while top > 0:
        line = draft.line_start(top - 1)
        text = draft.text[line : top - 1]
        if line <= above or not text.startswith(" " * column + "#"):
            break
        top = line
    if not draft.text[:top].strip():
        return start
    if any(_is_prose(line) for line in draft.text[top:start].splitlines()):
        raise RefusedError("the comment above it may say why it is there, and would be lost")
    return top


def _is_prose(comment: str) -> bool:
    words = [word for word in comment.split() if any(letter.isalpha() for letter in word)]
    return len(words) >= _PROSE and not words[0].lstrip("#").lower().startswith("kguard")
