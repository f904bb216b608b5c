"""See argo_volume_unresolved.md."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from kguard.facts.argo.borrowers import borrowers
from kguard.facts.argo.templates import Template, reach
from kguard.facts.argo.volumes import mounts, volumes
from kguard.facts.argo.workflow import Workflow
from kguard.facts.quantities import is_placeholder
from kguard.model import Fault, Unknown
from kguard.policies.argo._unseen import not_seen, unless_default
from kguard.policy.context import ERROR, NOTE, Context

_LIBRARIES = ("WorkflowTemplate", "ClusterWorkflowTemplate")
_HELP = "the pod cannot be created, and the step ends in Error"
_ELSEWHERE = "unless the workflow that borrows the template has such a volume"


def check(workflow: Workflow, ctx: Context) -> Iterator[Fault | Unknown]:
    """Yield a fault for each mount whose volume nobody defines."""
    for template in ctx.facts.argo_templates(workflow.resource):
        found = volumes(template) if template.runs_pod else None
        if found is None:
            continue
        lent: list[Workflow] | None = None
        for mount in mounts(template):
            if mount.name in found or is_placeholder(mount.name):
                continue
            if not workflow.complete:
                yield ctx.unknown(not_seen(workflow))
                continue
            if lent is None:
                library = workflow.resource.kind in _LIBRARIES
                lent = borrowers(ctx.facts, template) if library else []
            if any(_has(each, template, mount.name) for each in lent):
                continue
            yield template.fault(
                (*mount.keys, "name"),
                f"{mount.called} mounts volume `{mount.name}`: no such one",
                **_options(workflow, template, ctx, lent=bool(lent)),
            )


def _has(borrower: Workflow, template: Template, name: str) -> bool:
    """Whether a workflow that runs the template has, or may have, a volume of that name."""
    found = volumes(template, borrower)
    return found is None or name in found or not borrower.complete


def _options(workflow: Workflow, template: Template, ctx: Context, *, lent: bool) -> dict[str, Any]:
    """A note for templates that others run, or only others can: with the volumes of those."""
    if workflow.resource.kind in _LIBRARIES:
        run = not lent and any(
            each.data is template.data for each in reach(ctx.facts, workflow).templates
        )
        if not run:
            return {"severity": NOTE, "help": f"{_HELP}, {_ELSEWHERE}"}
    return unless_default(workflow, ctx, ERROR, _HELP)
