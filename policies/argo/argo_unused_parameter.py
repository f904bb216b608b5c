"""See argo_unused_parameter.md."""

from __future__ import annotations

from collections.abc import Iterator

from kguard.facts.argo.unused import unused_parameters
from kguard.facts.argo.workflow import Workflow
from kguard.model import Fault
from kguard.policy.context import Context


def check(workflow: Workflow, ctx: Context) -> Iterator[Fault]:
    """Yield a fault for each parameter that nothing reads."""
    for unused in unused_parameters(ctx.facts, workflow):
        yield unused.fault(
            ("name",),
            f"nothing reads `{unused.name}` ({unused.of})",
            help="read it or remove it: every node's status has a copy of its inputs",
        )
