"""See drone_step_name.md."""

from __future__ import annotations

from collections.abc import Iterator

from kguard.facts.drone.pipeline import Pipeline, Step, pipelines_beside
from kguard.facts.quantities import is_placeholder
from kguard.model import Fault, Related
from kguard.policy.context import Context

_LONGEST = 100  # In bytes.


def check(pipeline: Pipeline, ctx: Context) -> Iterator[Fault]:
    """Yield a fault for a pipeline or step whose name, or lack of an image, ends the build."""
    yield from _of_pipeline(pipeline, ctx)
    seen: dict[str, Step] = {}
    for step in pipeline.steps:
        name, help = step.name, "the runner ends the build before it starts"
        if step.get("image", default="") == "":
            yield step.fault(("image",), f"{step.called} has no image", help=help)
        if is_placeholder(name):
            continue
        if not name and step.role == "step":
            yield step.fault(("name",), "step has no name", help=help)
        elif name == "clone" and pipeline.clones:
            help = "the step that fetches the source has it, unless `clone.disable` is true"
            yield step.fault(("name",), f"name `clone` of a {step.role} is taken", help=help)
        elif name in seen:
            other = Related(step.resource, seen[name].at("name"), "the first of that name")
            message = f"{step.called} has the name of a {seen[name].role} before it"
            if not name:
                message = "a second service has no name"
            yield step.fault(("name",), message, help=help, related=[other])
        elif step.role == "step" and len(name.encode()) > _LONGEST:
            yield step.fault(
                ("name",), f"name of a step is longer than {_LONGEST} bytes", help=help
            )
        seen.setdefault(name, step)


def _of_pipeline(pipeline: Pipeline, ctx: Context) -> Iterator[Fault]:
    """The server takes a missing name for an empty one."""
    name = pipeline.get("name", default="")
    if not isinstance(name, str) or is_placeholder(name):
        return
    first = pipelines_beside(ctx.facts, pipeline.resource).get(name, pipeline.resource)
    if first is not pipeline.resource:
        message = f"{pipeline.called} has the name of a pipeline before it"
        yield pipeline.fault(
            ("name",),
            message if name else "a second pipeline has no name",
            help="the server refuses the build",
            related=[Related(first, ("name",), "the first of that name")],
        )
