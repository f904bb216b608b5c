"""See argo_manifest_too_large.md."""

from __future__ import annotations

from collections.abc import Iterator

from kguard.facts.argo.controller import max_workflow_size
from kguard.facts.argo.workflow import Workflow
from kguard.facts.sizes import json_bytes, manifest_bytes, written
from kguard.model import Fault, Related
from kguard.policy.context import ERROR, WARNING, Context


def check(workflow: Workflow, ctx: Context) -> Iterator[Fault]:
    """Yield a fault for an object whose specification takes the room of its status."""
    size = manifest_bytes(workflow.resource.data)
    what, related = f"{workflow.resource.kind} is", []
    template = workflow.template
    if template is not None and workflow.resource.kind == "Workflow":
        size += json_bytes(template.data)
        what = "Workflow with the stored copy of its template is"
        related = [Related(template.resource, template.route, "copied into the status")]
    if size <= ctx.params["warn_bytes"]:
        return
    most = max_workflow_size(ctx.facts, workflow.resource) or ctx.params["max_bytes"]
    yield workflow.fault(
        (),
        f"{what} {written(size)} of JSON, {size / most:.0%} of what Argo can store",
        severity=ERROR if size > most else WARNING,
        help="the specification is neither compressed nor offloaded; only `status.nodes` is",
        related=related,
    )
