"""See argo_sidecar_resources.md."""

from __future__ import annotations

from collections.abc import Iterator

from kguard.facts.argo.containers import side_containers
from kguard.facts.argo.workflow import Workflow
from kguard.model import Fault, Unknown
from kguard.policies.argo._resources import lacking
from kguard.policy.context import Context


def check(workflow: Workflow, ctx: Context) -> Iterator[Fault | Unknown]:
    """Yield one fault per object for sidecars and init containers without requests or limits."""
    # A podSpecPatch in workflowDefaults could still name them; mainContainer does not reach them.
    yield from lacking(workflow, side_containers(ctx.facts, workflow), ctx, defaults=False)
