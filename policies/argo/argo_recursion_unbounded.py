"""See argo_recursion_unbounded.md."""

from __future__ import annotations

from collections.abc import Iterator

from kguard.facts.argo.recursion import recursions
from kguard.facts.argo.workflow import Workflow
from kguard.model import Fault
from kguard.policy.context import Context

_SHOWN = 5


def check(workflow: Workflow, ctx: Context) -> Iterator[Fault]:
    """Yield a fault for each circle of templates that nothing but a failure leaves."""
    for found in recursions(ctx.facts, workflow):
        first, *others = found.templates
        if others:
            names = [f"`{each.name}`" if each.name else "an unnamed one" for each in others]
            shown = [*names[:_SHOWN], "…"] if len(names) > _SHOWN else names
            how = f"calls itself through {', '.join(shown)} without a condition"
        else:
            how = "calls itself without a condition"
        written = [k for k in ("template", "templateRef") if found.closing.get(k) is not None]
        yield found.closing.fault(
            written[:1],
            f"{first.called} {how}",
            help="it ends when a step fails or at a depth of 100; `when` on this call is a way out",
        )
