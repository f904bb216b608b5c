"""How long the watches wait, for what and how often."""

from __future__ import annotations

from random import Random

from kguard.record import record


@record
class Pace:
    """Seconds, where nothing else is said.

    A failure is tried again after a random time up to `first`, doubled with each further one up
    to `most`: pods that lose the API server together must not come back together. A kind that no
    operator has installed is looked for again after `absent`. Objects last heard of more than
    `stale` ago count as unknown. A watch is held for a random time of `watch`, and a change waits
    up to `fold` for others. The version of the API server is asked for every `version`. A pod may
    come into service `start` after its start without having read the cluster.
    """

    first: float = 1.0
    most: float = 60.0
    absent: float = 180.0
    stale: float = 300.0
    watch: tuple[int, int] = (300, 600)
    read: float = 30.0
    fold: float = 0.5
    version: float = 600.0
    start: float = 20.0
    size: int = 128 * 2**20
    """The most bytes that everything takes: a third of what a pod may have (the chart: 384 MiB),
    of which the process has 80 and the reviews of a moment 100."""
    config: int = 64 * 2**10
    """The most bytes of a ConfigMap of Argo's controller: its YAML takes 10 µs for each to read.
    The one in Argo's documentation has 16 KiB, and is all comments."""


class Backoff:
    """Counts failures in a row, and says how long to wait after each."""

    def __init__(self, pace: Pace, dice: Random) -> None:
        self._pace, self._dice = pace, dice
        self.failures = 0

    def good(self) -> None:
        """Forget the failures."""
        self.failures = 0

    def failed(self, least: float = 0) -> float:
        """Seconds until the next try, at least as many as the API server asked for."""
        most = min(self._pace.most, self._pace.first * 2.0 ** min(self.failures, 30))
        self.failures += 1
        return max(least, self._dice.uniform(0, most))

    def rarely(self) -> float:
        """Seconds until the next look at what is not there or not allowed."""
        return self._pace.absent * self._dice.uniform(1, 1.2)
