"""See drone_step_requests_ignored.md."""

from __future__ import annotations

from collections.abc import Iterator

from kguard.facts.drone.pipeline import Pipeline
from kguard.model import Fault
from kguard.policy.context import Context


def check(pipeline: Pipeline, ctx: Context) -> Iterator[Fault]:
    """Yield a fault for each step and service that writes requests of its own."""
    if pipeline.old_runner:
        return
    for step in pipeline.steps:
        names = [key for key in ("cpu", "memory") if step.get("resources", "requests", key)]
        if names:
            yield pipeline.fault(
                (*step.route, "resources", "requests"),
                f"{step.called} requests {' and '.join(names)}, which the runner drops",
                help="requests count for the whole pipeline: write them under its own "
                "`resources.requests`, and what a step may use under its `limits`",
            )
