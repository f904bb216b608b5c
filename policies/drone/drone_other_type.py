"""See drone_other_type.md."""

from __future__ import annotations

from collections.abc import Iterator

from kguard.facts.drone.runner import runners
from kguard.model import Fault, Scope
from kguard.policy.context import Context

_OTHERS = ("drone-runner-docker", "drone/agent")
_KINDS = ("Deployment", "StatefulSet", "DaemonSet")


def check(scope: Scope, ctx: Context) -> Iterator[Fault]:
    """Yield a fault for a pipeline for the Docker runner where only the Kubernetes one is seen."""
    if scope.get("type", default="docker") != "docker" or not runners(ctx.facts, scope.resource):
        return
    beside = [each for k in _KINDS for each in ctx.index.in_unit(scope.resource, "apps", k)]
    images = [str(c.get("image")) for pod in ctx.facts.pods(beside) for c in pod.running]
    if any(other in image for image in images for other in _OTHERS):
        return
    yield scope.fault(
        ("type",),
        "a pipeline of type docker is not taken by the Kubernetes runner beside it",
        help="without `type` it is docker; `type: kubernetes` is for this runner",
    )
