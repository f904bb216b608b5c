"""See argo_container_lifecycle.md."""

from __future__ import annotations

from collections.abc import Iterator

from kguard.facts.pods import Container, Role
from kguard.model import Fault
from kguard.policy.context import ERROR, WARNING, Context

_WHY = {
    "preStop": "it does not run when the program ends, nor when Argo stops the pod",
    "postStart": "it runs beside Argo's own process, maybe before the program has started",
}


def check(container: Container, ctx: Context) -> Iterator[Fault]:
    """Yield a fault for each container hook of Kubernetes in a pod of Argo."""
    for key, why in _WHY.items():
        if container.get("lifecycle", key) is None:
            continue
        init = container.role is Role.INIT and container.get("restartPolicy") != "Always"
        yield container.fault(
            ("lifecycle", key),
            f"{container.called} has a `{key}` hook",
            severity=ERROR if init else WARNING,
            help="the API server refuses hooks of init containers" if init else why,
        )
