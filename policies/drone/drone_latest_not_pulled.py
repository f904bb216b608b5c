"""See drone_latest_not_pulled.md."""

from __future__ import annotations

from collections.abc import Iterator

from kguard.facts.drone.pipeline import Pipeline
from kguard.facts.quantities import is_placeholder
from kguard.model import Edit, Fault, Fix
from kguard.policy.context import Context
from kguard.quantity.images import ImageError, parse_image


def check(pipeline: Pipeline, ctx: Context) -> Iterator[Fault]:
    """Yield a fault for each step that runs whatever its node has under the tag latest."""
    for step in pipeline.steps:
        pull = step.get("pull", default="")
        if is_placeholder(pull) or str(pull).lower() in ("always", "never"):
            continue
        try:
            image = parse_image(step.image)
        except ImageError:
            continue
        if image.pulled_tag != "latest":
            continue
        edit = Edit(step.at("pull"), "always")
        yield step.fault(
            ("image",),
            f"image `{step.image}` of {step.called} is not pulled again where a node has it",
            help="the runner pulls only what is missing, the tag latest too",
            # What somebody wrote may be meant so: for images that only the nodes have.
            fix=Fix((edit,), safe=not pull, title="pull it for every build"),
        )
