"""See argo_unused_template.md."""

from __future__ import annotations

from collections.abc import Iterator

from kguard.facts.argo.unused import unused_templates
from kguard.facts.argo.workflow import Workflow
from kguard.model import Fault, Unknown
from kguard.policy.context import Context


def check(workflow: Workflow, ctx: Context) -> Iterator[Fault | Unknown]:
    """Yield a fault for each template that a workflow never comes to."""
    unused = unused_templates(ctx.facts, workflow)
    borrowed = workflow.resource.kind not in ("Workflow", "CronWorkflow")
    if unused and borrowed:
        yield ctx.unknown("workflows elsewhere may call templates of a WorkflowTemplate")
        return
    for template in unused:
        yield template.fault(
            ("name",),
            f"nothing runs {template.called}",
            help="call it or remove it: each is stored in etcd with the workflow",
        )
