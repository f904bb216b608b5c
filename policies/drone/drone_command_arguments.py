"""See drone_command_arguments.md."""

from __future__ import annotations

from collections.abc import Iterator

from kguard.facts.drone.pipeline import Pipeline
from kguard.facts.quantities import is_placeholder
from kguard.model import Confidence, Fault
from kguard.policy.context import Context


def check(pipeline: Pipeline, ctx: Context) -> Iterator[Fault]:
    """Yield a fault for each `command` that is replaced, or whose items are command lines."""
    for step in pipeline.steps:
        items = step.get("command")
        if not isinstance(items, list) or not items:
            continue
        if step.get("commands"):
            message = f"`command` of {step.called} is replaced by its `commands`"
            yield step.fault(("command",), message, help="it has no effect")
        elif not step.get("entrypoint") and all(map(_is_line, items)):
            yield step.fault(
                ("command",),
                f"`command` of {step.called} is an argument of the image's entrypoint",
                help="no shell reads it; did you mean `commands`?",
                confidence=Confidence.MEDIUM,
            )


def _is_line(item: object) -> bool:
    """Whether this is a command with arguments of its own, and no option."""
    if not isinstance(item, str) or is_placeholder(item):
        return False
    return len(item.split()) > 1 and not item.lstrip().startswith("-")
