"""A pod that takes no new work, because it was told that its end is near."""

from __future__ import annotations

import threading

from kguard.webhook.front.server import Front
from kguard.webhook.log import Log

PATIENCE = 360.0
"""Seconds after which SIGTERM will not follow any more: a minute more than the longest
`shutdown.drainSeconds` of the chart, which is what lies between the two."""


class Draining:
    """Begins with `begin` and lasts until the process ends, or until SIGTERM does not come.

    Somebody may have asked for it by hand, or the kubelet may have been stopped in between: a pod
    that stayed out of service for ever would look alive, and nothing would bring it back.
    """

    def __init__(self, front: Front, log: Log, patience: float = PATIENCE) -> None:
        self._front, self._log, self._patience = front, log, patience
        self._lock = threading.Lock()
        self._timer: threading.Timer | None = None

    def begin(self) -> None:
        """From now on no new work; asked again, the time begins anew."""
        with self._lock:
            if self._timer:
                self._timer.cancel()
            self._front.drain()
            self._timer = threading.Timer(self._patience, self._end)
            self._timer.daemon = True
            self._timer.start()
        self._log.event("info", "draining")

    def problems(self) -> list[str]:
        """Why nobody should come here any more, also after SIGTERM."""
        return ["draining"] if self._front.draining else []

    def _end(self) -> None:
        with self._lock:
            if self._timer is not threading.current_thread():
                return  # It was asked for again meanwhile.
            self._timer = None
            resumed = self._front.resume()
        if resumed:
            error = f"no SIGTERM within {self._patience:.0f} s"
            self._log.event("warning", "draining ended", error=error)
