"""See drone_reserved_volume.md."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator

from kguard.facts.drone.pipeline import NEVER_MOUNTED, OWN_VOLUMES, Pipeline, mounts
from kguard.model import Fault
from kguard.policy.context import Context

_HELP = "the runner ends the build before it starts"


def check(pipeline: Pipeline, ctx: Context) -> Iterator[Fault]:
    """Yield a fault for each volume and mount the runner's own ones stand against."""
    for number, volume in pipeline.volumes:
        name = volume.get("name")
        if name in (None, ""):
            yield pipeline.fault(("volumes", number, "name"), "volume has no name", help=_HELP)
        elif name in OWN_VOLUMES:
            message = f"volume name `{name}` is the runner's own"
            yield pipeline.fault(("volumes", number, "name"), message, help=_HELP)
    for step in pipeline.steps:
        for number, mount in mounts(step):
            name, path = mount.get("name"), mount.get("path")
            if name in NEVER_MOUNTED:
                message = f"{step.called} mounts `{name}`, which is the runner's own"
                yield step.fault(("volumes", number, "name"), message, help=_HELP)
            if isinstance(path, str) and posixpath.normpath(path).startswith("/run/drone"):
                message = f"{step.called} mounts a volume at the runner's own `/run/drone`"
                yield step.fault(("volumes", number, "path"), message, help=_HELP)
