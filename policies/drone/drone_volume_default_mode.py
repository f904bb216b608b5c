"""See drone_volume_default_mode.md."""

from __future__ import annotations

from collections.abc import Iterator

from kguard.facts.drone.pipeline import Pipeline, mounts
from kguard.model import Confidence, Fault, Related, dig
from kguard.policy.context import WARNING, Context

_GREATEST = 0o777
# Decimal numbers up to the greatest mode whose digits are a usual mode, and that nobody means.
_OCTAL = (400, 440, 444, 500)


def check(pipeline: Pipeline, ctx: Context) -> Iterator[Fault]:
    """Yield a fault for each volume whose files get mode 0000 or a decimal number for one."""
    for number, volume in pipeline.volumes:
        for kind in ("config_map", "secret"):
            if isinstance(volume.get(kind), dict):
                yield from _of_volume(pipeline, ("volumes", number, kind), volume.get("name"))


def _of_volume(pipeline: Pipeline, keys: tuple[str | int, ...], name: object) -> Iterator[Fault]:
    mode = dig(pipeline.data, *keys, "default_mode", default=0)
    if isinstance(mode, bool) or not isinstance(mode, int):
        return
    if mode > _GREATEST:
        yield pipeline.fault(
            (*keys, "default_mode"),
            f"mode {mode} is decimal, above all there are, and Kubernetes refuses the pod",
            help=f"a mode is octal: `0{mode}`" if set(str(mode)) <= set("01234567") else "",
        )
    elif mode in _OCTAL:
        yield pipeline.fault(
            (*keys, "default_mode"),
            f"mode {mode} is decimal, which makes it {mode:04o}",
            severity=WARNING,
            confidence=Confidence.MEDIUM,
            help=f"a mode is octal: `0{mode}`",
        )
    elif mode == 0:
        yield from _unreadable(pipeline, keys, name)


def _unreadable(pipeline: Pipeline, keys: tuple[str | int, ...], name: object) -> Iterator[Fault]:
    for step in pipeline.steps:
        user = step.get("user")
        if isinstance(user, bool) or not isinstance(user, int) or user == 0:
            continue
        if any(mount.get("name") == name for _, mount in mounts(step)):
            yield pipeline.fault(
                (*keys, "default_mode"),
                f"files get mode 0000, which user {user} of {step.called} cannot read",
                severity=WARNING,
                help="without `default_mode` the runner asks for 0; `0644` is Kubernetes' default",
                related=[Related(step.resource, step.at("user"), "its user")],
            )
            return
