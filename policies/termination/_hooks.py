"""What a preStop hook does before anything that may stop the program."""

from __future__ import annotations

import math
from typing import Any

from kguard.shell.arguments import shell_text
from kguard.shell.lasting import sleep_seconds
from kguard.shell.parse import parse
from kguard.shell.syntax import Item, Simple, Unparsable

_QUIET = frozenset((":", "date", "echo", "printf", "set", "true"))


def first_sleep(hook: Any) -> float:
    """Seconds a hook certainly sleeps before it does anything else; what follows is not looked at.

    A hook that first tells the program to stop may be over as soon as the program is.
    """
    action = hook.get("exec") if isinstance(hook, dict) else None
    command = action.get("command") if isinstance(action, dict) else None
    if not isinstance(command, list) or not all(isinstance(word, str) for word in command):
        return 0
    text = shell_text(command)
    if text is None:
        return 0
    try:
        items = parse(command[text.index]).items
    except Unparsable:
        return 0
    total = 0.0
    for item in items:
        seconds, only = _sleeps(item)
        total += seconds
        if not only:
            break
    return total


def _sleeps(item: Item) -> tuple[float, bool]:
    """Seconds that commands joined by `&&` sleep, and whether they do nothing else."""
    total = 0.0
    if item.background:
        return total, False
    for number, pipeline in enumerate(item.pipelines):
        command = pipeline.commands[0]
        if number and item.operators[number - 1] != "&&":
            return total, False
        if not isinstance(command, Simple) or len(pipeline.commands) > 1 or pipeline.negated:
            return total, False
        words = [word.text for word in command.words]
        if any(word.substitutions for word in (*command.words, *command.assignments)):
            return total, False
        if words and words[0].rpartition("/")[2] == "sleep":
            seconds = sleep_seconds(words[1:])
            if seconds is None or seconds == math.inf:
                return total, False
            total += seconds
        elif words and words[0] not in _QUIET:
            return total, False
    return total, True
