"""Room for calls in one piece of Python's stack.

CPython keeps the frames of Python code in chunks of 16 KiB. A loop whose calls cross the end of one
has a chunk mapped and unmapped for every call: a review took 0.17 ms or 1.7 ms, depending on how
deep the server stood that called it. 3.13 and 3.14 keep one chunk for the next call since March
2026 (python/cpython issue 142183; 3.13.14 does), and 3.11 and 3.12 will not.
"""

from __future__ import annotations

from collections.abc import Callable
from types import FunctionType
from typing import ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")

_SLOTS = 9_000
"""Of 8 bytes, which nothing touches: the chunk for that is the next power of two, 128 KiB, and what
is left of it, 58 KB, holds some 350 frames."""


def with_room(function: Callable[P, T]) -> Callable[P, T]:
    """The same function, with room on the stack for what it calls, as long as it runs."""

    def call(*args: P.args, **kwargs: P.kwargs) -> T:
        return function(*args, **kwargs)

    assert isinstance(call, FunctionType)
    call.__code__ = call.__code__.replace(co_stacksize=_SLOTS)
    return call
