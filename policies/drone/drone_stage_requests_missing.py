"""See drone_stage_requests_missing.md."""

from __future__ import annotations

from collections.abc import Iterator

from kguard.facts.drone.pipeline import Pipeline
from kguard.facts.drone.runner import runner_requests, runners
from kguard.model import Confidence, Fault, Unknown
from kguard.policy.context import Context

_DEFAULTS = {"cpu": "100 millicores", "memory": "100 MiB"}


def check(pipeline: Pipeline, ctx: Context) -> Iterator[Fault | Unknown]:
    """Yield a fault where neither the pipeline nor its runner requests cpu or memory."""
    if pipeline.old_runner:
        return
    missing = []
    for key in _DEFAULTS:
        # A zero is what the runner takes for unset.
        if pipeline.get("resources", "requests", key) in (None, 0):
            given = runner_requests(ctx.facts, pipeline.resource, key)
            if given is None:
                yield ctx.unknown("the Drone runner's environment is not seen in full")
            elif not given:
                missing.append(key)
    if missing:
        keys = ("resources", "requests", *(missing if len(missing) == 1 else ()))
        yield pipeline.fault(
            keys,
            f"{pipeline.called} requests no {' and no '.join(missing)}",
            # A runner that is elsewhere may be told to request for every pipeline.
            confidence=None if any(runners(ctx.facts, pipeline.resource)) else Confidence.MEDIUM,
            help=f"its pod asks for {' and '.join(_DEFAULTS[key] for key in missing)} for all "
            "steps together, unless the runner is told otherwise (`drone.requests: given`)",
        )
