"""Stretches of lines by what they touch: a file may have thousands of objects and comments."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable
from itertools import accumulate
from typing import Generic, TypeVar

T = TypeVar("T")


class Spans(Generic[T]):
    """Things with the first and the last line of each."""

    def __init__(self, items: Iterable[tuple[int, int, T]]) -> None:
        self._items = list(items)
        numbered = [(first, last, at) for at, (first, last, _) in enumerate(self._items)]
        self._sorted = sorted(numbered)
        self._begins = [first for first, _, _ in self._sorted]
        self._reach = list(accumulate((last for _, last, _ in self._sorted), max))
        """The last line of any of them up to each one."""

    def touching(self, first: int, last: int) -> list[T]:
        """What has one of these lines, in the order in which it was given."""
        found = []
        number = bisect_right(self._begins, last) - 1
        while number >= 0 and self._reach[number] >= first:
            _, end, at = self._sorted[number]
            if end >= first:
                found.append(at)
            number -= 1
        return [self._items[at][2] for at in sorted(found)]
