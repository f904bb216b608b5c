"""See pdb_unhealthy_policy.md."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from kguard.facts.disruption import Budget
from kguard.model import Edit, Fault, Fix
from kguard.policy.context import Context

_KEY = "unhealthyPodEvictionPolicy"


def check(budget: Budget, ctx: Context) -> Iterator[Fault]:
    """Yield a fault for a budget that leaves open what becomes of pods that are not ready."""
    # The field is there and on since 1.27 (KEP-3017).
    if ctx.assume.kube < (1, 27) or not isinstance(budget.get("spec"), Mapping):
        return
    if budget.get("spec", _KEY) is not None:
        return
    route = ("spec", _KEY)
    yield budget.fault(
        route,
        f"budget `{budget.resource.name}` has no `{_KEY}`",
        help="by default pods that run but are not ready can hold up a node drain for ever",
        fix=Fix((Edit(route, "AlwaysAllow"),), safe=False, title=f"set `{_KEY}: AlwaysAllow`"),
    )
