"""See argo_controller_leader_identity.md."""

from __future__ import annotations

from collections.abc import Iterator

from kguard.facts.argo.controller import ArgoController
from kguard.model import Edit, Fault, Fix
from kguard.policy.context import Context

_NAME = "LEADER_ELECTION_IDENTITY"
_FROM_POD = {"name": _NAME, "valueFrom": {"fieldRef": {"fieldPath": "metadata.name"}}}


def check(controller: ArgoController, ctx: Context) -> Iterator[Fault]:
    """Yield a fault where leader election is on and the controller has no identity."""
    if controller.elects(ctx.index) is not True:
        return
    if controller.variable(ctx.index, _NAME) is not None:
        return
    env = controller.container.get("env")
    keys = (*controller.container.route, "env")
    end = Edit((*keys, len(env)), _FROM_POD) if isinstance(env, list) else Edit(keys, [_FROM_POD])
    yield controller.fault(
        keys,
        f"{controller.called} has no `{_NAME}`, without which it exits at its start",
        help="leader election is on unless `LEADER_ELECTION_DISABLE` is `true`",
        fix=Fix((end,), safe=True, title="take the name of the pod"),
    )
