"""See argo_container_resources.md."""

from __future__ import annotations

from collections.abc import Iterator

from kguard.facts.argo.containers import main_containers
from kguard.facts.argo.workflow import Workflow
from kguard.model import Fault, Unknown
from kguard.policies.argo._resources import lacking
from kguard.policy.context import Context


def check(workflow: Workflow, ctx: Context) -> Iterator[Fault | Unknown]:
    """Yield one fault per object for main containers that lack requests or limits."""
    yield from lacking(workflow, main_containers(ctx.facts, workflow), ctx, defaults=True)
