"""See drone_step_name.md."""

from __future__ import annotations

from collections.abc import Iterator

from kguard.facts.drone.pipeline import Pipeline, Step
from kguard.facts.quantities import is_placeholder
from kguard.model import Fault, Related
from kguard.policy.context import Context

_LONGEST = 100  # In bytes.


def check(pipeline: Pipeline, ctx: Context) -> Iterator[Fault]:
    """Yield a fault for each step whose name, or lack of an image, ends the build."""
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
