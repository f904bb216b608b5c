"""See argo_max_workflow_size.md."""

from __future__ import annotations

from collections.abc import Iterator

from kguard.facts.argo.controller import ArgoController
from kguard.model import Fault
from kguard.policy.context import Context


def check(controller: ArgoController, ctx: Context) -> Iterator[Fault]:
    """Yield a fault for a limit above what etcd takes."""
    variable = controller.variable(ctx.index, "MAX_WORKFLOW_SIZE")
    # strconv.Atoi; what it cannot read leaves the default in force.
    if variable is None or variable.value is None or not variable.value.isascii():
        return
    if not variable.value.isdigit() or len(variable.value) > 18:
        return
    limit = ctx.params["etcd_bytes"]
    if int(variable.value) > limit:
        keys = (*controller.container.route, *variable.route)
        yield controller.fault(
            (*keys, "value") if variable.route[0] == "env" else keys,
            f"workflows may grow to {variable.value} bytes, and etcd takes {limit}",
            help="they fail with `request is too large` where they could have been compressed",
        )
