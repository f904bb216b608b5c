"""See drone_temp_size_ignored.md."""

from __future__ import annotations

from collections.abc import Iterator

from kguard.facts.drone.pipeline import Pipeline
from kguard.facts.quantities import is_placeholder
from kguard.model import Fault, dig
from kguard.policy.context import Context


def check(pipeline: Pipeline, ctx: Context) -> Iterator[Fault]:
    """Yield a fault for each temporary volume on disk with a size limit."""
    for number, volume in pipeline.volumes:
        medium = dig(volume, "temp", "medium", default="")
        if not dig(volume, "temp", "size_limit") or is_placeholder(medium):
            continue
        if str(medium).lower() != "memory":
            yield pipeline.fault(
                ("volumes", number, "temp", "size_limit"),
                "size limit of a volume on disk is dropped by the runner",
                help="it only limits volumes with `medium: memory`",
            )
