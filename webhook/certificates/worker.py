"""A thread that does one step again and again, and survives whatever the step meets."""

from __future__ import annotations

import random
import threading
from collections.abc import Callable

from kguard.webhook.certificates.notes import Count, Notes
from kguard.webhook.certificates.store import Conflict

SHORTEST = 0.5
LONGEST = 60.0
"""Seconds: the longest wait after a first failure, and after many."""

PATIENCE = 8
"""Conflicts in a row, some 20 seconds, after which somebody may be fighting with us."""

_JOIN = 10.0


class Worker:
    """Calls `step`, which returns the seconds until it wants to be called again.

    Waits go by a clock that nobody sets; what is due by the wall clock the step decides. After an
    exception it waits for a random time below a limit that doubles (exponential back-off with full
    jitter), so that pods which failed together do not come back together. `count` gets
    `conflict` or `error` for each.
    """

    def __init__(self, name: str, step: Callable[[], float], notes: Notes, count: Count) -> None:
        self._name, self._step, self._notes, self._count = name, step, notes, count
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None
        self._failures = 0

    def start(self) -> None:
        """Begin, once."""
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, name=self._name, daemon=True)
            self._thread.start()

    def stop(self) -> None:
        """End after the step that is under way; 10 s are waited for it."""
        self._stop.set()
        if self._thread is not None:
            self._thread.join(_JOIN)

    def once(self) -> float:
        """Do one step; the seconds to wait before the next. Never raises an Exception."""
        try:
            wait = self._step()
        except Conflict as error:
            self._count("conflict")
            if self._failures >= PATIENCE:
                self._notes.set("worker", f"{self._name}: conflicts do not end: {error}")
        except Exception as error:
            self._count("error")
            self._notes.set("worker", f"{self._name}: {type(error).__name__}: {error}")
        else:
            self._failures = 0
            self._notes.clear("worker")
            return wait
        self._failures += 1
        return random.uniform(0, min(LONGEST, SHORTEST * 2 ** min(self._failures, 16)))

    def _run(self) -> None:
        while not self._stop.wait(self.once()):
            pass
