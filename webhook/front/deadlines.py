"""Which connection is in which stage since when, and who is late."""

from __future__ import annotations

import asyncio
import logging
from collections import OrderedDict
from collections.abc import Callable
from typing import Generic, TypeVar

_LOG = logging.getLogger(__name__)
T = TypeVar("T")


class Stage(Generic[T]):
    """Something a member may take so many seconds for; `expired` is called with one that is late.

    Everybody has equally long, so the oldest is the first that is late.
    """

    __slots__ = ("expired", "seconds", "waiting")

    def __init__(self, seconds: float, expired: Callable[[T], None]) -> None:
        self.seconds = seconds
        self.expired = expired
        self.waiting: OrderedDict[T, float] = OrderedDict()  # Each with the time it is late at.

    def oldest(self) -> T | None:
        """Who has been here longest."""
        return next(iter(self.waiting), None)


class Deadlines(Generic[T]):
    """One timer for the stages of all members: a timer each would cost more than a request."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._stages: list[Stage[T]] = []
        self._timer: asyncio.TimerHandle | None = None

    def stage(self, seconds: float, expired: Callable[[T], None]) -> Stage[T]:
        """A new stage."""
        stage = Stage(seconds, expired)
        self._stages.append(stage)
        return stage

    def move(self, member: T, old: Stage[T] | None, new: Stage[T] | None) -> None:
        """Note that a member has left a stage, and when it has to leave the next one."""
        if old is not None:
            old.waiting.pop(member, None)
        if new is not None:
            late = self._loop.time() + new.seconds
            new.waiting[member] = late
            self._arm(late)

    def _arm(self, late: float) -> None:
        if self._timer is None:
            self._timer = self._loop.call_at(late, self._tick)
        elif late < self._timer.when():
            self._timer.cancel()
            self._timer = self._loop.call_at(late, self._tick)

    def _tick(self) -> None:
        self._timer = None
        now = self._loop.time()
        for stage in self._stages:
            while stage.waiting:
                member, late = next(iter(stage.waiting.items()))
                if late > now:
                    self._arm(late)
                    break
                del stage.waiting[member]
                try:
                    stage.expired(member)
                except Exception:  # Whatever is wrong with one, the others have deadlines too.
                    _LOG.exception("a deadline could not be enforced")
