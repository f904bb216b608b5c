"""Which connection is in which stage since when, and who is late."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest

from kguard.webhook.front.deadlines import Deadlines


def late(
    play: Callable[[Deadlines[str], Callable[[str], None]], None], seconds: float
) -> list[str]:
    """Who was late, in order, when some time has passed."""
    found: list[str] = []

    async def run() -> None:
        play(Deadlines(asyncio.get_running_loop()), found.append)
        await asyncio.sleep(seconds)

    asyncio.run(run())
    return found


def test_who_is_late_is_told_in_order() -> None:
    def play(deadlines: Deadlines[str], tell: Callable[[str], None]) -> None:
        slow, fast = deadlines.stage(0.05, tell), deadlines.stage(0.02, tell)
        never = deadlines.stage(60, tell)
        deadlines.move("slow", None, slow)
        deadlines.move("never", None, never)
        deadlines.move("fast", None, fast)
        deadlines.move("second", None, fast)

    assert late(play, 0.2) == ["fast", "second", "slow"]


def test_who_moves_on_is_not_late() -> None:
    def play(deadlines: Deadlines[str], tell: Callable[[str], None]) -> None:
        short, long = deadlines.stage(0.02, tell), deadlines.stage(60, tell)
        for name in ("a", "b", "c"):
            deadlines.move(name, None, short)
        deadlines.move("a", short, long)
        deadlines.move("b", short, None)
        assert (short.oldest(), long.oldest()) == ("c", "a")

    assert late(play, 0.1) == ["c"]


def test_one_that_fails_does_not_free_the_others(caplog: pytest.LogCaptureFixture) -> None:
    def play(deadlines: Deadlines[str], tell: Callable[[str], None]) -> None:
        def expired(name: str) -> None:
            tell(name)
            raise ZeroDivisionError

        stage, other = deadlines.stage(0.02, expired), deadlines.stage(0.05, tell)
        for name in ("a", "b"):
            deadlines.move(name, None, stage)
        deadlines.move("c", None, other)

    assert late(play, 0.2) == ["a", "b", "c"]
    assert [each.message for each in caplog.records] == ["a deadline could not be enforced"] * 2
