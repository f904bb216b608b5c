"""Room on Python's stack, which a server's loop stands on."""

from __future__ import annotations

import resource

import pytest

from kguard.webhook.front.stack import with_room

DEEPEST = 150
"""Calls: the server's own are about 30 deep, and those of a review 40."""


def down(depth: int, times: int) -> int:
    """The pages that were mapped anew while calls of three levels were made at that depth."""
    if depth:
        return down(depth - 1, times)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    for _ in range(times):
        outer(1)
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before


def outer(value: int) -> int:
    return inner(value) + 1


def inner(value: int) -> int:
    return value + 1


def worst(times: int) -> int:
    return max(down(depth, times) for depth in range(DEEPEST))


def test_no_call_has_memory_mapped() -> None:
    assert with_room(worst)(200) < 100


def test_what_it_does_is_what_the_function_does() -> None:
    def share(part: int, *, of: int) -> float:
        return part / of

    assert with_room(share)(1, of=4) == 0.25
    with pytest.raises(ZeroDivisionError):
        with_room(share)(1, of=0)


def test_the_room_is_gone_with_the_call() -> None:
    # A chunk that was kept would be one more for every call.
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    for _ in range(10_000):
        with_room(int)()
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 10_000
