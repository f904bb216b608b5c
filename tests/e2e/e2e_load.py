"""Load: good Pods, created as dry runs by some threads until told to stop."""

from __future__ import annotations

import http.client
import threading
import time
from types import TracebackType

from e2e_client import Client
from e2e_objects import pod
from e2e_processes import wait_until

PAUSE = 0.01
"""Seconds between two calls of a thread: the point is that calls go on, not how many."""


class Load:
    """Calls from entering to leaving; `failures` has the message of every call not answered 201."""

    def __init__(self, client: Client, namespace: str, threads: int = 4) -> None:
        self._client, self._pod = client, pod(namespace, "load")
        self._stop = threading.Event()
        self._threads = [threading.Thread(target=self._run) for _ in range(threads)]
        self.calls = 0
        self.failures: list[str] = []

    def __enter__(self) -> Load:
        for thread in self._threads:
            thread.start()
        self.progress()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join()

    def progress(self, calls: int = 20) -> None:
        """Wait until so many more calls were answered."""
        wanted = self.calls + calls
        wait_until(lambda: self.calls >= wanted, f"{calls} more calls")

    def _run(self) -> None:
        while not self._stop.is_set():
            try:
                answer = self._client.create(self._pod, dry_run=True)
            except (OSError, http.client.HTTPException) as error:
                self.failures.append(repr(error))
            else:
                if answer.status != 201:
                    self.failures.append(f"{answer.status}: {answer.message}")
            self.calls += 1  # Not exact between threads; it only has to grow.
            time.sleep(PAUSE)
