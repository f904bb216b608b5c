"""See drone_unknown_word.md."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from kguard.facts.drone.pipeline import Pipeline, Step, pipeline_of
from kguard.facts.quantities import literal
from kguard.model import Fault, Key, Scope
from kguard.policy.context import Context
from kguard.quantity._quote import quoted
from kguard.words import closest, nearest

_FAILURE = ("ignore", "fast", "fail-fast", "fast-fail")
_STATUS = ("success", "failure")
# The other statuses of a build and step: none that a step can run in, but none misspelt either.
_OTHER_STATUS = ("skipped", "blocked", "declined", "pending", "running", "killed", "error")
_EVENTS = ("push", "pull_request", "tag", "promote", "rollback", "cron", "custom")
_SHORT = ("k8s", "kube")
_PATTERN = set("*?[\\")


def check(scope: Scope, ctx: Context) -> Iterator[Fault]:
    """Yield a fault for each `failure`, status, event and `medium` the runner does not know.

    And for a `type` that no runner asks for, where this one is meant.
    """
    pipeline = pipeline_of(ctx.facts, scope.resource)
    if pipeline is None:
        word = literal(scope.get("type"))
        if word and (word.lower() in _SHORT or closest(word, ["kubernetes"], cutoff=0.8)):
            message = f"type {quoted(word)} is none that a runner asks for"
            help = "the build waits for ever; did you mean `kubernetes`?"
            yield scope.fault(("type",), message, help=help)
        return
    yield from _conditions(pipeline, ("trigger", "event"), _EVENTS)
    for step in pipeline.steps:
        word = literal(step.get("failure"))
        if word and word not in _FAILURE:
            message = f"failure {quoted(word)} of {step.called} is none the runner knows"
            help = f"a failure fails the build{nearest(word, _FAILURE)}"
            yield step.fault(("failure",), message, help=help)
        yield from _conditions(step, ("when", "event"), _EVENTS)
        yield from _conditions(step, ("when", "status"), _STATUS, _OTHER_STATUS)
    for number, volume in pipeline.volumes:
        temp = volume.get("temp")
        medium = literal(temp.get("medium")) if isinstance(temp, dict) else None
        if medium and medium.lower() != "memory":
            message = f"medium {quoted(medium)} is none the runner knows"
            help = "the volume is on the node's disk; the other medium is `memory`"
            yield pipeline.fault(("volumes", number, "temp", "medium"), message, help=help)


def _conditions(
    scope: Pipeline | Step, keys: tuple[str, str], known: Sequence[str], others: Sequence[str] = ()
) -> Iterator[Fault]:
    """Every word of a condition that fits nothing: it is a word, a list, or two lists.

    `others` are words that are right and not worth suggesting.
    """
    condition = scope.get(*keys)
    parts: list[tuple[tuple[Key, ...], Any]] = [((), condition)]
    if isinstance(condition, dict):
        parts = [((key,), condition.get(key)) for key in ("include", "exclude")]
    for below, words in parts:
        listed = isinstance(words, list)
        for number, said in enumerate(words if listed else [words]):
            word = literal(said)
            if not word or word in known or word in others or _PATTERN & set(word):
                continue
            yield scope.fault(
                (*keys, *below, *((number,) if listed else ())),
                f"{keys[-1]} {quoted(word)} of {scope.called} is none a build has",
                help=f"it never matches{nearest(word, known)}",
            )
