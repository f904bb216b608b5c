"""See drone_graph_mixed.md."""

from __future__ import annotations

from collections.abc import Iterator

from kguard.facts.drone.pipeline import Pipeline
from kguard.model import Fault, Related
from kguard.policy.context import Context


def check(pipeline: Pipeline, ctx: Context) -> Iterator[Fault]:
    """Yield a fault for each late step that waits for nothing and for which nothing waits."""
    waits = [step.get("depends_on") for step in pipeline.steps]
    if any(wait is not None and not isinstance(wait, list) for wait in waits):
        return
    waited_for = {str(name) for wait in waits for name in wait or ()}
    first = None
    for step, wait in zip(pipeline.steps, waits, strict=True):
        if wait:
            first = first or step
        elif first is not None and wait is None and step.role == "step":
            if step.name in waited_for or step.get("detach") is True:
                continue
            yield step.fault(
                ("depends_on",),
                f"{step.called} has no `depends_on` and starts with the first steps",
                help="where any step has `depends_on`, the order of the file does not count",
                related=[
                    Related(first.resource, first.at("depends_on"), "makes a graph of the steps")
                ],
            )
