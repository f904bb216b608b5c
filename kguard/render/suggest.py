"""What a fix would make of the lines it changes, for readers that offer it to be taken."""

from __future__ import annotations

from kguard.record import record
from kguard.report import Located, Report

MAX_LINES = 20
"""A fix that spreads over more lines is none that is taken in a review."""


@record
class Suggestion:
    """New text for whole lines: 1-based, `last` included, no newline at the end of the text."""

    first: int
    last: int
    text: str


def suggestion(item: Located, report: Report) -> Suggestion | None:
    """The safe fix of a finding as new text for some lines; None where there is no such thing.

    It is made as `kguard fix` makes it, with the same reasons to refuse, but alone: the others of
    the file are not.
    """
    fix, path = item.fix, item.finding.resource.origin.path
    if fix is None or not fix.safe or not fix.edits or path != item.path:
        return None
    from kguard.fix.apply import fix_file
    from kguard.inputs.load import read_source

    try:
        data = report.text(path).encode()
    except UnicodeEncodeError:  # The file is no text.
        return None
    result = fix_file(path, data, [item], reader=read_source)
    if not result.fixed:
        return None
    return _changed(_lines(data), _lines(result.data))


def _changed(old: list[str], new: list[str]) -> Suggestion | None:
    """The lines between those that stay at the top and those that stay at the end."""
    top = 0
    while top < min(len(old), len(new)) and old[top] == new[top]:
        top += 1
    end = 0
    while end < min(len(old), len(new)) - top and old[-1 - end] == new[-1 - end]:
        end += 1
    if top + end == len(old):  # Nothing but new lines: one that stays has to carry them.
        if top:
            top -= 1
        elif end:
            end -= 1
    first, last = top + 1, len(old) - end
    if not first <= last < first + MAX_LINES:
        return None
    return Suggestion(first, last, "\n".join(new[top : len(new) - end]))


def _lines(data: bytes) -> list[str]:
    """Lines without their ends, of which those who take a suggestion write their own."""
    return data.decode("utf-8-sig").replace("\r\n", "\n").split("\n")
