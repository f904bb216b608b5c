"""Processes of the end-to-end tests: started with their logs kept, and stopped exactly, always."""

from __future__ import annotations

import contextlib
import os
import random
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

# Reads process groups to remember (+N) and to forget (-N), one a line. When the tests are gone,
# however they ended, its standard input ends, and what they left running is stopped.
_REAPER = """
import os, signal, sys, time
signal.signal(signal.SIGINT, signal.SIG_IGN)
left = set()
for line in sys.stdin:
    (left.add if line[0] == "+" else left.discard)(int(line[1:]))
for number in (signal.SIGTERM, signal.SIGKILL):
    for group in left:
        try:
            os.killpg(group, number)
        except ProcessLookupError:
            pass
    time.sleep(2 if left else 0)
"""


class Reaper:
    """Stops the process groups that are running when the tests crash or are killed."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-c", _REAPER],
            stdin=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )

    def add(self, group: int) -> None:
        self._tell(f"+{group}")

    def forget(self, group: int) -> None:
        self._tell(f"-{group}")

    def close(self) -> None:
        """End; whatever was not forgotten is stopped."""
        self._process.communicate()

    def _tell(self, line: str) -> None:
        assert self._process.stdin
        self._process.stdin.write(f"{line}\n")
        self._process.stdin.flush()


class Process:
    """A program in a process group of its own; its output goes to `<folder>/<name>.log`."""

    def __init__(
        self,
        name: str,
        command: Sequence[str | Path],
        folder: Path,
        reaper: Reaper,
        environment: Mapping[str, str] | None = None,
    ) -> None:
        self.name, self._reaper = name, reaper
        self.log = folder / f"{name}.log"
        with open(self.log, "ab") as log:
            self._process = subprocess.Popen(
                [str(word) for word in command],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env={**os.environ, **(environment or {})},
                start_new_session=True,
            )
        reaper.add(self.pid)

    @property
    def pid(self) -> int:
        return self._process.pid

    def running(self) -> bool:
        return self._process.poll() is None

    def signal(self, number: int) -> None:
        """Send a signal to the process alone."""
        self._process.send_signal(number)

    def wait(self, seconds: float) -> int:
        """The exit code; raises subprocess.TimeoutExpired."""
        status = self._process.wait(seconds)
        self._reaper.forget(self.pid)
        return status

    def stop(self, seconds: float = 10) -> None:
        """End the whole group: SIGTERM, then SIGKILL for what is left after some seconds."""
        if self.running():
            self.signal(signal.SIGTERM)
        try:
            self._process.wait(seconds)
        except subprocess.TimeoutExpired:
            self.kill()
        self._reaper.forget(self.pid)

    def kill(self) -> None:
        """End the group at once, as a node that loses power does."""
        if self.running():
            os.killpg(self.pid, signal.SIGKILL)
        self._process.wait()
        self._reaper.forget(self.pid)

    def output(self) -> str:
        """What it has written so far."""
        return self.log.read_text("utf-8", errors="replace")

    def tail(self, lines: int = 10) -> str:
        """The end of what it wrote but for reviews, under the name of the file that has all."""
        said = [line for line in self.output().splitlines() if '"event": "review"' not in line]
        last = [line[:300] for line in said[-lines:]]
        return "\n".join([f"--- {self.log}", *last])


def free_port() -> int:
    """A TCP port of the loopback interface that nobody has just now.

    Not of those the kernel gives to outgoing connections: one of them could get it before its use.
    """
    while True:
        port = random.randrange(20_000, 32_000)
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port


def wait_until(
    condition: Callable[[], object],
    what: str,
    *,
    seconds: float = 30,
    every: float = 0.05,
    process: Process | None = None,
) -> None:
    """Wait for something to become true; raises AssertionError after some seconds.

    With a process it also raises as soon as that has ended, with what it wrote.
    """
    deadline = time.monotonic() + seconds
    while not condition():
        ended = process is not None and not process.running()
        if ended or time.monotonic() > deadline:
            fate = "its process ended" if ended else f"not within {seconds:g} seconds"
            raise AssertionError(f"{what}: {fate}\n{process.tail() if process else ''}")
        time.sleep(every)
