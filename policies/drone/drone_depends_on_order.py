"""See drone_depends_on_order.md."""

from __future__ import annotations

from collections.abc import Iterator

from kguard.facts.drone.pipeline import Pipeline, pipelines_beside
from kguard.facts.quantities import is_placeholder
from kguard.model import Fault
from kguard.policy.context import Context
from kguard.quantity._quote import quoted
from kguard.words import nearest


def check(pipeline: Pipeline, ctx: Context) -> Iterator[Fault]:
    """Yield a fault for each name in `depends_on` that Drone has not passed yet."""
    yield from _of_pipeline(pipeline, ctx)
    names = {step.name for step in pipeline.steps}
    if any(is_placeholder(name) for name in names):
        return
    passed = {"clone"} if pipeline.clones else set()
    for step in pipeline.steps:
        waits = step.get("depends_on")
        if isinstance(waits, str) and not is_placeholder(waits):
            message = f"`depends_on` of {step.called} is no list"
            yield step.fault(("depends_on",), message, help=f"write `[{waits}]`")
        for number, name in enumerate(waits if isinstance(waits, list) else ()):
            if not isinstance(name, str) or is_placeholder(name) or name in passed:
                continue
            help = "services come first, then steps in the order of the file"
            if name == step.name:
                why = "itself"
            elif name in names:
                why = f"{quoted(name)}, which comes later"
            else:
                why = f"{quoted(name)}, which does not exist{nearest(name, sorted(names))}"
                help = "`depends_on` names steps and services of the same pipeline"
            yield step.fault(("depends_on", number), f"{step.called} waits for {why}", help=help)
        passed.add(step.name)


def _of_pipeline(pipeline: Pipeline, ctx: Context) -> Iterator[Fault]:
    """Names that the file has too late; one that it lacks may come from another file."""
    waits = pipeline.get("depends_on")
    for number, name in enumerate(waits if isinstance(waits, list) else ()):
        others = pipelines_beside(ctx.facts, pipeline.resource)
        other = others.get(name) if isinstance(name, str) else None
        if other is None or other.origin.document < pipeline.resource.origin.document:
            continue
        why = "itself" if other is pipeline.resource else f"{quoted(name)}, which comes later"
        yield pipeline.fault(
            ("depends_on", number),
            f"{pipeline.called} waits for {why}",
            help="the server takes pipelines in the order of the file, and refuses the build",
        )
