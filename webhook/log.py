"""The decision log: one line of JSON per review, never with the object or a value out of it."""

from __future__ import annotations

import json
import sys
import threading
import time
from collections.abc import Mapping
from typing import Any, TextIO

from kguard.term import safe
from kguard.webhook.decision import Decision

KEPT = ("all", "denied", "none")
"""Which decisions are logged."""

_LONGEST = 512
"""Characters of any one text in the log: users and names can be made long."""


class Log:
    """Writes lines of JSON to a stream, whole lines at a time, from any thread."""

    def __init__(self, stream: TextIO | None = None, keep: str = "all") -> None:
        self._stream = stream or sys.stdout
        self._keep = keep
        self._lock = threading.Lock()

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
            "user": request.username,
            "dryRun": request.dry_run,
            "findings": [
                {"policy": each.finding.policy, "effect": each.effect.word, "why": each.why}
                for each in decision.judged
            ],
            "skipped": decision.skipped,
            "unevaluated": decision.unanswered,
            "revision": decision.revision,
            "ms": round(seconds * 1000, 3),
            "trace": trace,
        }
        self._write({key: value for key, value in line.items() if value not in ("", [], {}, None)})

    def _write(self, line: Mapping[str, Any]) -> None:
        text = json.dumps({key: _bounded(value) for key, value in line.items()})
        try:
            with self._lock:
                self._stream.write(text + "\n")
                self._stream.flush()
        except (OSError, ValueError):
            pass  # A full disk or a closed pipe must not cost a review its answer.


def _bounded(value: Any) -> Any:
    if isinstance(value, str) and (len(value) > _LONGEST or not value.isprintable()):
        return safe(value[:_LONGEST])
    return value[:100] if isinstance(value, list) else value


def _now() -> str:
    now = time.time()
    return time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(now)) + f".{int(now % 1 * 1000):03d}Z"
