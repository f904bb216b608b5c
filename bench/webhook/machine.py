"""How evenly the machine runs: where it is shared, the longest waits are not the server's alone."""

from __future__ import annotations

import time
from statistics import quantiles

_PAUSE = 0.0003  # Seconds, as a server has between two requests of one client.


class Work:
    """A piece of arithmetic that takes a millisecond when the machine has nothing else to do."""

    def __init__(self) -> None:
        self._steps = 10_000
        least = min(self._once() for _ in range(500))
        self._steps = round(self._steps / least)

    def p99(self, seconds: float) -> float:
        """The milliseconds that 99 of 100 pieces take at most, over so many seconds."""
        took: list[float] = []
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            time.sleep(_PAUSE)
            took.append(self._once())
        return quantiles(took, n=100)[98]

    def _once(self) -> float:
        """Milliseconds that one piece takes."""
        began = time.perf_counter()
        total = 0
        for number in range(self._steps):
            total += number * number
        return (time.perf_counter() - began) * 1e3
