"""See drone_secret_unresolved.md."""

from __future__ import annotations

from collections.abc import Iterator

from kguard.facts.drone.pipeline import Pipeline, documents_beside, secret_names
from kguard.facts.quantities import is_placeholder
from kguard.model import Fault, Route
from kguard.policy.context import Context
from kguard.quantity._quote import quoted


def check(pipeline: Pipeline, ctx: Context) -> Iterator[Fault]:
    """Yield a fault for each secret that is not among those the file declares."""
    declared = {each.name for each in documents_beside(ctx.facts, pipeline.resource, "secret")}
    for route, name in _named(pipeline) if declared else ():
        if name not in declared and not is_placeholder(name):
            yield pipeline.fault(
                route,
                f"secret {quoted(name)} is none of those this file declares",
                help="it is empty unless the repository or the organisation has it",
            )


def _named(pipeline: Pipeline) -> Iterator[tuple[Route, str]]:
    pulls = pipeline.get("image_pull_secrets")
    for number, name in enumerate(pulls if isinstance(pulls, list) else ()):
        if isinstance(name, str):
            yield ("image_pull_secrets", number), name
    for step in pipeline.steps:
        for section in ("environment", "settings"):
            for route, name in secret_names(step.get(section)):
                yield (*step.route, section, *route), name
