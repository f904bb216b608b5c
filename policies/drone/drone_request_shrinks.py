"""See drone_request_shrinks.md."""

from __future__ import annotations

from collections.abc import Iterator

from kguard.facts.drone.pipeline import Pipeline, pod_request, shown
from kguard.facts.drone.runner import policy_sets
from kguard.model import Fault, Related
from kguard.policy.context import Context


def check(pipeline: Pipeline, ctx: Context) -> Iterator[Fault]:
    """Yield a fault where limits of steps take much of what the pipeline requests."""
    if pipeline.old_runner:
        return
    for key in ("cpu", "memory"):
        wanted, gets = pipeline.request(key), pod_request(pipeline, key)
        if not wanted or gets is None or wanted - gets < wanted * ctx.params["min_percent"] / 100:
            continue
        if policy_sets(ctx.facts, pipeline.resource, "resources", "request", key):
            continue  # A policy's request goes over the pipeline's.
        small = min((s for s in pipeline.steps if s.limit(key)), key=lambda s: s.limit(key) or 0)
        limit = Related(
            small.resource,
            small.at("resources", "limits", key),
            "less than its share of the request",
        )
        yield pipeline.fault(
            ("resources", "requests", key),
            f"of {shown(key, wanted)} that {pipeline.called} requests its pod asks for "
            f"{shown(key, gets)}",
            help="the request is split evenly over all containers, and none requests more than its "
            "limit",
            related=[limit],
        )
