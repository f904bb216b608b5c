"""See pdb_both_fields.md."""

from __future__ import annotations

from collections.abc import Iterator

from kguard.facts.disruption import Budget
from kguard.facts.quantities import is_placeholder
from kguard.model import Fault, Related
from kguard.policy.context import Context


def check(budget: Budget, ctx: Context) -> Iterator[Fault]:
    """Yield a fault for a budget with both of its limits."""
    least, most = (budget.get("spec", key) for key in ("minAvailable", "maxUnavailable"))
    if least is None or most is None or is_placeholder(least) or is_placeholder(most):
        return
    yield budget.fault(
        ("spec", "maxUnavailable"),
        f"budget `{budget.resource.name}` has `maxUnavailable` beside `minAvailable`",
        related=[Related(budget.resource, ("spec", "minAvailable"), "the other limit")],
        help="the API server refuses a budget with both",
    )
