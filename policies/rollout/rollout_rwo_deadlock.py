"""See rollout_rwo_deadlock.md."""

from __future__ import annotations

from collections.abc import Iterator

from kguard.facts.volumes import claims, on_one_node
from kguard.facts.workloads import RollingUpdate, Workload
from kguard.model import Confidence, Fault, Related, Unknown
from kguard.policy.context import Context
from kguard.quantity.intorpercent import is_zero


def check(workload: Workload, ctx: Context) -> Iterator[Fault | Unknown]:
    """Yield a fault for each volume a new pod waits for while the old one may not stop."""
    update = workload.rolling_update(workload.floor)
    malformed = not isinstance(workload.get("spec", "strategy", default={}), dict)
    if update is None or malformed or workload.replicas.ceiling == 0:
        return
    held = [claim for claim in claims(ctx.facts, workload.pod) if claim.one_node]
    if not held:
        return
    keeps = _keeps_all(update)
    if keeps is None:
        yield ctx.unknown("no replicas written and an HPA may not have been seen")
    for claim in held if keeps else ():
        if not claim.one_pod and on_one_node(workload.pod):
            continue
        who = "another pod" if claim.one_pod else "a pod on another node"
        yield workload.fault(
            ("spec", "strategy"),
            f"a rollout of {workload.called} starts a pod that waits for volume claim "
            f"`{claim.name}`, which {who} keeps until the new one is ready",
            confidence=None if claim.one_pod else Confidence.MEDIUM,
            related=[
                Related(workload.resource, claim.route, "the volume"),
                Related(claim.resource, ("spec", "accessModes"), "one at a time"),
            ],
            help="`Recreate` stops the old pod first",
        )


def _keeps_all(update: RollingUpdate) -> bool | None:
    """Whether no pod stops before a new one is ready; None where the replica count decides."""
    if update.unavailable is not None:
        return update.unavailable == 0
    try:
        if is_zero(update.max_surge):
            return False
        return True if is_zero(update.max_unavailable) else None
    except ValueError:
        return False
