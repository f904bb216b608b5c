"""The role of a workflow controller: where its policies look for missing verbs."""

from __future__ import annotations

from kguard.facts.argo.controller import ArgoController, argo_controller
from kguard.facts.rbac import Permissions, permissions
from kguard.model import Resource
from kguard.policy.context import Context


def controller_of(role: Resource, ctx: Context) -> tuple[ArgoController, Permissions] | None:
    """The controller whose permission to make pods comes from `role`, and all that it may do.

    None for other roles, and where a binding of the controller leads to a role that was not seen.
    """
    for deployment in ctx.index.in_unit(role, "apps", "Deployment"):
        controller = ctx.facts.remember(argo_controller, deployment)
        if controller is None:
            continue
        found = ctx.facts.remember(permissions, deployment)
        if found is not None and found.whole and found.role_for("pods") is role:
            return controller, found
    return None
