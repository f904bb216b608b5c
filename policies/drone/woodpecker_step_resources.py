"""See woodpecker_step_resources.md."""

from __future__ import annotations

from collections.abc import Iterator

from kguard.facts.drone.woodpecker import RESOURCES, WorkflowStep
from kguard.model import Fault, Unknown
from kguard.policy.context import Context


def check(step: WorkflowStep, ctx: Context) -> Iterator[Fault | Unknown]:
    """Yield a fault for a step whose pod lacks requests, or a limit on memory."""
    if step.unknown:
        return
    # A limit without a request is the request too, as for every container.
    unrequested = [
        key
        for key in ("cpu", "memory")
        if step.amount("requests", key) is None and step.amount("limits", key) is None
    ]
    lacks = [f"requests no {' and no '.join(unrequested)}"] if unrequested else []
    if step.amount("limits", "memory") is None:
        lacks.append("has no memory limit")
    if not lacks:
        return
    if ctx.index.in_unit(step.resource, "", "LimitRange"):
        yield ctx.unknown("a LimitRange may set defaults")
        return
    yield step.fault(
        RESOURCES,
        f"pod of {step.called} {' and '.join(lacks)}",
        help=f"write it under `{'.'.join(RESOURCES)}`",
    )
