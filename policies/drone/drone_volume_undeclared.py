"""See drone_volume_undeclared.md."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from kguard.facts.drone.pipeline import OWN_VOLUMES, Pipeline, mounts
from kguard.facts.quantities import is_placeholder, literal
from kguard.model import Fault, Related
from kguard.policy.context import Context
from kguard.quantity._quote import quoted
from kguard.words import nearest

_SOURCES = ("temp", "host", "claim", "config_map", "secret")


def check(pipeline: Pipeline, ctx: Context) -> Iterator[Fault]:
    """Yield a fault for each mount the runner leaves out for want of a volume."""
    names = [volume.get("name") for _, volume in pipeline.volumes]
    if any(map(is_placeholder, [*names, pipeline.get("volumes")])):
        return
    there = [volume.get("name") for _, volume in pipeline.volumes if _has_source(volume)]
    for step in pipeline.steps:
        for number, mount in mounts(step):
            name = literal(mount.get("name"))
            if name is None or name in there or name in OWN_VOLUMES:
                continue
            empty = [number for number, volume in pipeline.volumes if volume.get("name") == name]
            why = "which says not what it is" if empty else "which the pipeline does not declare"
            near = nearest(name, sorted(each for each in there if isinstance(each, str)))
            yield step.fault(
                ("volumes", number, "name"),
                f"{step.called} mounts volume {quoted(name)}, {why}",
                help=f"the runner leaves the mount out without a word{near}",
                related=[
                    Related(pipeline.resource, pipeline.at("volumes", each), "declared here")
                    for each in empty[:1]
                ],
            )


def _has_source(volume: Mapping[str, Any]) -> bool:
    """Whether the runner makes a volume of it: a null is none, and an empty mapping is one."""
    return any(volume.get(source) is not None for source in _SOURCES)
