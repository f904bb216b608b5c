"""How long a preStop hook waits, where waiting is all it does.

Source: kubernetes pkg/kubelet/lifecycle/handlers.go (sleep, exec), core/v1 types.go
LifecycleHandler.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from kguard.kube.images import words
from kguard.shell import lasting
from kguard.shell.parse import parse
from kguard.shell.syntax import Simple, Unparsable

_SHELLS = frozenset({"sh", "bash", "ash", "dash"})
_QUIET = frozenset({":", "true", "echo", "exit", "date"})


def sleep_seconds(hook: Any) -> float | None:
    """Seconds a hook sleeps; None for one that does anything else."""
    if not isinstance(hook, Mapping):
        return None
    native = hook.get("sleep")
    if isinstance(native, Mapping):
        seconds = native.get("seconds")
        return float(seconds) if isinstance(seconds, int) and seconds >= 0 else None
    action = hook.get("exec")
    command = words(action.get("command")) if isinstance(action, Mapping) else None
    return _of_words(list(command)) if command else None


def _of_words(command: list[str]) -> float | None:
    name = command[0].rpartition("/")[2]
    if name == "sleep":
        return _ending(command[1:])
    if name in _SHELLS and len(command) == 3 and command[1] in ("-c", "-ec", "-lc"):
        return _of_text(command[2])
    return None


def _of_text(text: str) -> float | None:
    """The sleeps of a shell text that holds nothing but sleeps and words that do nothing."""
    try:
        program = parse(text)
    except Unparsable:
        return None
    total = 0.0
    for item in program.items:
        for pipeline in item.pipelines:
            for command in pipeline.commands:
                if not isinstance(command, Simple) or len(pipeline.commands) > 1:
                    return None
                texts = [word.text for word in command.words]
                if not texts or texts[0] in _QUIET:
                    continue
                if texts[0].rpartition("/")[2] != "sleep":
                    return None
                seconds = _ending(texts[1:])
                if seconds is None:
                    return None
                total += seconds
    return total


def _ending(arguments: list[str]) -> float | None:
    """Seconds that a `sleep` takes; None for one that takes for ever, too."""
    seconds = lasting.sleep_seconds(arguments)
    return None if seconds == math.inf else seconds
