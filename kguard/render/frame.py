"""The source frame: one line of a file, carets under a span, a label behind them."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import accumulate

from kguard.model import Span
from kguard.term import PLAIN_WIDTH, Style, cells

ELLIPSIS = "…"
_MIN_WIDTH = 40
"""A narrower terminal wraps: a frame cut down to a few characters helps nobody."""


def gutter(span: Span) -> str:
    """The blank that stands where the line number does."""
    return " " * len(str(span.line))


def frame(text: str, span: Span, label: str, style: Style, role: str) -> Iterator[str]:
    """The lines of a frame around `span`, whose first line reads `text`; `role` is a severity."""
    number, blank = str(span.line), gutter(span)
    bar = style.paint(f"{blank} |", "gutter")
    end = span.end_column if span.end_line == span.line else len(text) + 1
    width = max(style.width, _MIN_WIDTH) - len(number) - 3
    shown, indent, carets = fit(text, span.column, end, width)
    yield bar
    yield f"{style.paint(f'{number} |', 'gutter')} {shown}".rstrip()
    pointer = style.paint(f"{'^' * carets} {label}".rstrip(), role)
    yield f"{bar} {' ' * indent}{pointer}"


def fit(text: str, start: int, end: int, width: int = PLAIN_WIDTH) -> tuple[str, int, int]:
    """A line as shown in `width` columns, where the carets begin, and how many there are.

    `start` and `end` are 1-based columns in code points, the end exclusive. A longer line is cut
    around the start of the span.
    """
    # A line may be megabytes of JSON: look only at what can possibly be shown. Combining
    # characters take no room, hence the generous margin.
    first = max(0, start - 1 - 2 * width)
    part = text[first : first + 8 * width]
    shown = list(cells(part))
    offsets = [0, *accumulate(columns for _, columns in shown)]
    start, end = (min(max(column - 1 - first, 0), len(shown)) for column in (start, end))
    more = first + len(part) < len(text)
    if not first and not more and offsets[-1] <= width:
        return _joined(shown), offsets[start], max(1, offsets[end] - offsets[start])

    wanted = offsets[start] - width // 3
    if not more:
        wanted = min(wanted, offsets[-1] - width)
    head, left = "", 0
    if wanted > 0 or first:
        head = ELLIPSIS
        left = next((i for i in range(start) if offsets[i] > wanted), start)
        while left < start and not shown[left][1]:  # It would combine with the ellipsis.
            left += 1
    right = left
    room = width - len(head)
    while right < len(shown) and offsets[right + 1] - offsets[left] <= room:
        right += 1
    tail = ""
    if right < len(shown) or more:
        tail = ELLIPSIS
        while right > left and offsets[right] - offsets[left] > room - 1:
            right -= 1
    carets = offsets[min(end, right)] - offsets[start] if right > start else 1
    indent = len(head) + offsets[start] - offsets[left]
    return head + _joined(shown[left:right]) + tail, indent, max(1, carets)


def _joined(shown: list[tuple[str, int]]) -> str:
    return "".join(char for char, _ in shown)
