"""See drone_line_too_long.md."""

from __future__ import annotations

from collections.abc import Iterator

from kguard.facts.drone.pipeline import documents_beside
from kguard.model import Fault, Scope
from kguard.policy.context import Context


def check(scope: Scope, ctx: Context) -> Iterator[Fault]:
    """Yield a fault for the first document that the runner does not read in full."""
    if not scope.resource.cut:
        return
    pipelines = documents_beside(ctx.facts, scope.resource, "pipeline")
    if any(each.data.get("type") == "kubernetes" for each in pipelines):
        yield scope.fault(
            (),
            f"{scope.resource.kind} is not read in full: Drone stops at line {scope.resource.cut}",
            help="a line that begins with `...`, or has over 65,535 bytes, ends the file",
        )
