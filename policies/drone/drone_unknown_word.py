"""See drone_unknown_word.md."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from kguard.facts.drone.pipeline import Pipeline, Step
from kguard.facts.quantities import literal
from kguard.model import Fault, Key
from kguard.policy.context import Context
from kguard.quantity._quote import quoted
from kguard.words import nearest

_FAILURE = ("ignore", "fast", "fail-fast", "fast-fail")
_STATUS = ("success", "failure")
# The other statuses of a build and step: none that a step can run in, but none misspelt either.
_OTHER_STATUS = ("skipped", "blocked", "declined", "pending", "running", "killed", "error")
_PATTERN = set("*?[\\")


def check(pipeline: Pipeline, ctx: Context) -> Iterator[Fault]:
    """Yield a fault for each `failure`, `when.status` and `medium` the runner does not know."""
    for step in pipeline.steps:
        word = literal(step.get("failure"))
        if word and word not in _FAILURE:
            message = f"failure {quoted(word)} of {step.called} is none the runner knows"
            help = f"a failure fails the build{nearest(word, _FAILURE)}"
            yield step.fault(("failure",), message, help=help)
        yield from _statuses(step)
    for number, volume in pipeline.volumes:
        temp = volume.get("temp")
        medium = literal(temp.get("medium")) if isinstance(temp, dict) else None
        if medium and medium.lower() != "memory":
            message = f"medium {quoted(medium)} is none the runner knows"
            help = "the volume is on the node's disk; the other medium is `memory`"
            yield pipeline.fault(("volumes", number, "temp", "medium"), message, help=help)


def _statuses(step: Step) -> Iterator[Fault]:
    """Every word under `when.status`, which is a word, a list, or two lists."""
    status = step.get("when", "status")
    parts: list[tuple[tuple[Key, ...], Any]] = [((), status)]
    if isinstance(status, dict):
        parts = [((key,), status.get(key)) for key in ("include", "exclude")]
    for keys, words in parts:
        listed = isinstance(words, list)
        for number, said in enumerate(words if listed else [words]):
            word = literal(said)
            if not word or word in (*_STATUS, *_OTHER_STATUS) or _PATTERN & set(word):
                continue
            yield step.fault(
                ("when", "status", *keys, *((number,) if listed else ())),
                f"status {quoted(word)} of {step.called} is none a build has",
                help=f"it never matches{nearest(word, _STATUS)}",
            )
