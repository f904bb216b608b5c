"""See drone_request_below_peak.md."""

from __future__ import annotations

from collections.abc import Iterator

from kguard.facts.drone.pipeline import Pipeline, shown
from kguard.facts.drone.runner import policy_sets
from kguard.model import Fault, Related
from kguard.policy.context import Context


def check(pipeline: Pipeline, ctx: Context) -> Iterator[Fault]:
    """Yield a fault where the limit of a step is above the pipeline's request."""
    if pipeline.old_runner:
        return
    for key in ("cpu", "memory"):
        wanted = pipeline.request(key)
        if not wanted or wanted < 0 or not pipeline.steps:
            continue
        peak = max(pipeline.steps, key=lambda step: step.limit(key) or 0)
        limit = peak.limit(key) or 0
        if limit <= wanted or policy_sets(ctx.facts, pipeline.resource, "resources"):
            continue
        yield pipeline.fault(
            ("resources", "requests", key),
            f"{pipeline.called} requests {shown(key, wanted)}, and {peak.called} may use "
            f"{shown(key, limit)}",
            related=[Related(peak.resource, peak.at("resources", "limits", key), "its limit")],
        )
