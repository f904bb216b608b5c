"""See argo_controller_surge.md."""

from __future__ import annotations

from collections.abc import Iterator

from kguard.facts.argo.controller import ArgoController
from kguard.model import Edit, Fault, Fix, Unknown
from kguard.policy.context import Context


def check(controller: ArgoController, ctx: Context) -> Iterator[Fault | Unknown]:
    """Yield a fault where a rollout runs two controllers without leader election."""
    off = controller.election_switch(ctx.index)
    if off is None or off.value not in ("true", None):
        return
    workload = controller.workload
    # Any surge is at least one pod, however many there are; 0 replicas may be 1 tomorrow.
    rolling = workload.rolling_update(1)
    if rolling is None or rolling.surge == 0:
        return
    if off.value is None or rolling.surge is None:
        yield ctx.unknown("the controller's environment or strategy is not seen in full")
        return
    surge = ("spec", "strategy", "rollingUpdate", "maxSurge")
    yield controller.fault(
        surge if workload.get(*surge) is not None else ("spec", "strategy", "type"),
        f"a rollout of {controller.called} starts a second one while the first still runs",
        help="without leader election both act on every workflow; set the strategy to `Recreate`",
        related=[off.related(controller.container, "leader election is off")],
        fix=Fix(
            (Edit(("spec", "strategy"), {"type": "Recreate"}),),
            safe=True,
            title="stop the old controller before the new one starts",
        ),
    )
