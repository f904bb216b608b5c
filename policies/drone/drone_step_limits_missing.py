"""See drone_step_limits_missing.md."""

from __future__ import annotations

from collections.abc import Iterator

from kguard.facts.drone.pipeline import Pipeline
from kguard.facts.drone.runner import runner_limits, runners
from kguard.model import Confidence, Fault, Unknown
from kguard.policy.context import Context


def check(pipeline: Pipeline, ctx: Context) -> Iterator[Fault | Unknown]:
    """Yield a fault for each step and service that neither itself nor the runner limits."""
    bare = [step for step in pipeline.steps if step.limit("memory") == 0]
    given = runner_limits(ctx.facts, pipeline.resource, "memory") if bare else True
    if given is None:
        yield ctx.unknown("the Drone runner's environment is not seen in full")
    if given is not False:
        return
    # A runner that is elsewhere may be told to limit every step.
    confidence = None if runners(ctx.facts, pipeline.resource) else Confidence.MEDIUM
    for step in bare:
        yield step.fault(
            ("resources", "limits", "memory"),
            f"{step.called} has no memory limit",
            confidence=confidence,
            help="one build can take the memory of its node, unless the runner limits every step "
            "(`drone.limits: given`)",
        )
