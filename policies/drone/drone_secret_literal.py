"""See drone_secret_literal.md."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from kguard.facts.drone.pipeline import Pipeline, Step
from kguard.model import Fault
from kguard.policies.drone._secrets import looks_secret
from kguard.policy.context import Context


def check(pipeline: Pipeline, ctx: Context) -> Iterator[Fault]:
    """Yield a fault for each literal that looks like a secret, without showing it."""
    services = {
        str(value)
        for step in pipeline.steps
        if step.role == "service"
        for _, _, value in _literals(step)
    }
    pipeline_wide = Step(pipeline.resource, (), pipeline.data, pipeline.called, "pipeline")
    for step in (pipeline_wide, *pipeline.steps):
        for section, name, value in _literals(step):
            if value not in services and looks_secret(name, value):
                yield step.fault(
                    (section,),  # The value has a line of its own, mostly.
                    f"`{name}` in `{section}` of {step.called} looks like a secret written out",
                    help="revoke it, and refer to a secret with `from_secret`",
                    hidden=[(section, name)],
                )


def _literals(step: Step) -> Iterator[tuple[str, str, str]]:
    for section in ("environment", "settings"):
        values = step.get(section)
        for name, value in values.items() if isinstance(values, Mapping) else ():
            if isinstance(value, str):
                yield section, name, value
