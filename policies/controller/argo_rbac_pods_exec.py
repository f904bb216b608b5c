"""See argo_rbac_pods_exec.md."""

from __future__ import annotations

from collections.abc import Iterator

from kguard.model import Fault, Related, Scope
from kguard.policies.controller._role import controller_of
from kguard.policy.context import Context


def check(role: Scope, ctx: Context) -> Iterator[Fault]:
    """Yield a fault where the controller may make pods and not run commands in them."""
    found = controller_of(role.resource, ctx)
    if found is None:
        return
    controller, may = found
    if not may.allow("create", "pods/exec"):
        yield role.fault(
            ("rules",),
            f"{controller.called} may not `create` `pods/exec`: it cannot stop running containers",
            help="`argo stop` and deadlines leave the pods running",
            related=[Related(controller.resource, controller.container.route, "the controller")],
        )
