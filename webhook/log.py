"""The decision log: one line of JSON per review, never with the object or a value out of it.

Of what an author writes it holds names, and the reason of an annotation that counts.
"""

from __future__ import annotations

import logging
import os
import select
import sys
import threading
import time
import traceback
from collections.abc import Mapping
from functools import lru_cache
from typing import Any, TextIO

from kguard.model import dig
from kguard.term import safe
from kguard.webhook import wire
from kguard.webhook.decision import Decision, Judged
from kguard.webhook.request import Request

_LONGEST = 512
"""Characters of any one text in the log: users and names can be made long."""

_REASON = 200
"""Characters of a reason."""

_MOST = 50
"""Findings in one line; a Deployment can have thousands."""

_FRAMES = 50
"""Lines kept of an exception's frames."""

_PIECE = 4096
"""Bytes that a pipe takes without waiting, once it takes any (PIPE_BUF, pipe(7))."""

_WAIT = 0.05
"""Seconds for which a reader that does not read is waited for, but only until a line is lost."""


class Log:
    """Writes lines of JSON to a stream, whole lines at a time, from any thread.

    Where nobody takes them, lines are lost: reviews go on. How many is said with the next line.
    """

    def __init__(self, stream: TextIO | None = None, keep: str = "all") -> None:
        self._stream = stream or sys.stdout
        self._keep = keep
        self._lock = threading.Lock()
        self._lost = 0
        self._broken = b""
        try:
            self._descriptor: int | None = self._stream.fileno()
        except (OSError, ValueError):
            self._descriptor = None  # It is memory, which always takes more.

    def event(self, level: str, event: str, /, **fields: Any) -> None:
        """Something that happened to the webhook itself."""
        self._write({"ts": _now(), "level": level, "event": event, **fields})

    def decision(self, decision: Decision, seconds: float, trace: str = "") -> None:
        """A review. `trace` is the id out of the caller's `traceparent`, where it sent one."""
        if self._keep == "none" or (self._keep == "denied" and decision.allowed):
            return
        request = decision.request
        line: dict[str, Any] = {
            "ts": _now(),
            "level": "info",
            "event": "review",
            "uid": request.uid,
            "decision": decision.word,
            "operation": request.operation,
            "group": request.group,
            "version": request.version,
            "kind": request.kind,
            "subResource": request.sub_resource,
            "namespace": request.namespace,
            "name": request.name,
            "generateName": "" if request.name else _generated(request),
            "user": request.username,
            "dryRun": request.dry_run,
            "findings": [_finding(decision, each) for each in decision.judged[:_MOST]],
            "moreFindings": max(len(decision.judged) - _MOST, 0) or None,
            "skipped": decision.skipped,
            "unevaluated": decision.unanswered,
            "revision": decision.revision,
            "ms": round(seconds * 1000, 3),
            "trace": trace,
        }
        # No and zero are said; nothing is not.
        self._write({k: v for k, v in line.items() if v or v == 0})

    def _write(self, line: Mapping[str, Any]) -> None:
        said = wire.dumps({key: _bounded(value) for key, value in line.items()})
        with self._lock:
            if self._lost:
                lost = {"ts": _now(), "level": "error", "event": "log lines lost"}
                if not self._put(wire.dumps({**lost, "lines": self._lost})):
                    self._lost += 1
                    return
                self._lost = 0
            if not self._put(said):
                self._lost += 1

    def _put(self, line: bytes) -> bool:
        """Write a line; False if it was not taken, at least not as a whole."""
        try:
            if self._descriptor is None:
                self._stream.write(line.decode("ascii") + "\n")
                self._stream.flush()
                return True
            data = self._broken + line + b"\n"
            rest = memoryview(data)
            while rest:
                wait = 0 if self._lost else _WAIT
                if not select.select((), (self._descriptor,), (), wait)[1]:
                    break
                rest = rest[os.write(self._descriptor, rest[:_PIECE]) :]
            if len(rest) < len(data):
                self._broken = b"\n" if rest else b""
            return not rest
        except (OSError, ValueError):
            return False  # A full disk or a closed pipe must not cost a review its answer.


class Told(logging.Handler):
    """Writes what the server and libraries tell Python's `logging` as events of the log.

    By itself that prints plain lines, at which whoever reads the pod's log as JSON stumbles.
    """

    def __init__(self, log: Log) -> None:
        super().__init__(logging.WARNING)
        self._log = log

    def emit(self, record: logging.LogRecord) -> None:
        """One event, with the frames of an exception as a list of lines."""
        fields: dict[str, Any] = {"logger": record.name, "message": record.getMessage()}
        if record.exc_info and record.exc_info[0]:
            text = "".join(traceback.format_exception(*record.exc_info))
            fields["trace"] = text.splitlines()[-_FRAMES:]
        self._log.event("error" if record.levelno >= logging.ERROR else "warning", "told", **fields)


def _finding(decision: Decision, judged: Judged) -> dict[str, str]:
    """One finding: what, where, what came of it and why; the place only names what has names."""
    found = {
        "policy": judged.finding.policy,
        "severity": judged.finding.severity.word,
        "effect": judged.effect.word,
        "at": decision.place(judged)[:_LONGEST],
        "why": judged.why,
        "reason": safe(judged.reason[:_REASON]),
    }
    return {key: value for key, value in found.items() if value}


def _generated(request: Request) -> str:
    """What the API server will make a name of, where there is none yet."""
    found = dig(request.object, "metadata", "generateName")
    return found if isinstance(found, str) else ""


def _bounded(value: Any) -> Any:
    if isinstance(value, str) and (len(value) > _LONGEST or not value.isprintable()):
        return safe(value[:_LONGEST])
    return value[:100] if isinstance(value, list) else value


def _now() -> str:
    now = time.time()
    return f"{_second(int(now))}.{int(now % 1 * 1000):03d}Z"


@lru_cache(maxsize=2)  # A second holds hundreds of lines.
def _second(now: int) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(now))
