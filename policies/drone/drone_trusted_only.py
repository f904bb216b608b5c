"""See drone_trusted_only.md."""

from __future__ import annotations

from collections.abc import Iterator

from kguard.facts.drone.pipeline import Pipeline
from kguard.model import Fault, dig
from kguard.policy.context import Context

_VOLUMES = {
    "host": "a volume of the host",
    "claim": "a volume claim",
    "config_map": "a volume from a ConfigMap",
    "secret": "a volume from a Secret",
}
_HELP = "without trust in the repository the runner ends the build before it starts"


def check(pipeline: Pipeline, ctx: Context) -> Iterator[Fault]:
    """Yield a fault for each part of a pipeline that needs a trusted repository."""
    for step in pipeline.steps:
        if step.get("privileged") is True:
            message = f"privileged {step.called} needs a trusted repository"
            yield step.fault(("privileged",), message, help=_HELP)
    for number, volume in pipeline.volumes:
        for key, called in _VOLUMES.items():
            if isinstance(volume.get(key), dict):
                message = f"{called} needs a trusted repository"
                yield pipeline.fault(("volumes", number, key), message, help=_HELP)
        if (
            dig(volume, "temp", "medium") == "memory"
        ):  # The linter minds case; what mounts does not.
            message = "a volume in memory needs a trusted repository"
            yield pipeline.fault(("volumes", number, "temp", "medium"), message, help=_HELP)
