"""See drone_concurrency_missing.md."""

from __future__ import annotations

from collections.abc import Iterator

from kguard.facts.drone.pipeline import Pipeline
from kguard.facts.quantities import is_placeholder
from kguard.model import Fault
from kguard.policy.context import Context


def check(pipeline: Pipeline, ctx: Context) -> Iterator[Fault]:
    """Yield a fault for a pipeline without a limit on its builds."""
    if is_placeholder(pipeline.get("concurrency")) or pipeline.get("concurrency", "limit"):
        return
    yield pipeline.fault(
        ("concurrency", "limit"),
        f"{pipeline.called} has no limit on builds that run at once",
        help="only the runner's capacity ends it, which is 100 pods by default",
    )
