"""See argo_volume_unresolved.md."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from kguard.facts.argo.templates import Template, reach
from kguard.facts.argo.volumes import mounts, volumes
from kguard.facts.argo.workflow import Workflow
from kguard.facts.quantities import is_placeholder
from kguard.model import Fault, Unknown
from kguard.policies.argo._unseen import not_seen, unless_default
from kguard.policy.context import ERROR, NOTE, Context

_HELP = "the pod cannot be created, and the step ends in Error"
_ELSEWHERE = "unless the workflow that borrows the template has such a volume"


def check(workflow: Workflow, ctx: Context) -> Iterator[Fault | Unknown]:
    """Yield a fault for each mount whose volume nobody defines."""
    for template in ctx.facts.argo_templates(workflow.resource):
        found = volumes(template) if template.runs_pod else None
        if found is None:
            continue
        for mount in mounts(template):
            if mount.name in found or is_placeholder(mount.name):
                continue
            if not workflow.complete:
                yield ctx.unknown(not_seen(workflow))
                continue
            yield template.fault(
                (*mount.keys, "name"),
                f"{mount.called} mounts volume `{mount.name}`: no such one",
                **_options(workflow, template, ctx),
            )


def _options(workflow: Workflow, template: Template, ctx: Context) -> dict[str, Any]:
    """A note for templates that only others run: with the volumes of those."""
    if workflow.resource.kind in ("WorkflowTemplate", "ClusterWorkflowTemplate"):
        run = not workflow.library and any(
            each.data is template.data for each in reach(ctx.facts, workflow).templates
        )
        if not run:
            return {"severity": NOTE, "help": f"{_HELP}, {_ELSEWHERE}"}
    return unless_default(workflow, ctx, ERROR, _HELP)
