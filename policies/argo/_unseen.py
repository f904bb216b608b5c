"""What the policies do where the controller's configuration was not seen."""

from __future__ import annotations

from typing import Any

from kguard.facts.argo import Reference, Workflow
from kguard.model import Severity
from kguard.policy.context import NOTE, WARNING, Context

NOTICE = (
    "the Argo controller's configuration was not seen: what its `workflowDefaults` may set is "
    "reported as a note (`--argo-controller-config`, or `argo.assume: none`)"
)
_HELP = "unless the controller's configuration, which was not seen, sets it"


def not_seen(workflow: Workflow) -> str:
    """The reason of a check that lacks the template a workflow refers to."""
    if workflow.reference is Reference.UNKNOWN:
        return "`workflowTemplateRef` leads to no certain template"
    return "the WorkflowTemplate of `workflowTemplateRef` was not seen"


def unless_default(
    workflow: Workflow, ctx: Context, severity: Severity, help: str
) -> dict[str, Any]:
    """Severity and help of a fault that a default of the controller could undo."""
    if workflow.defaults_known:
        return {"severity": severity, "help": help}
    ctx.facts.notice(NOTICE)
    return {"severity": NOTE, "help": f"{help}; {_HELP}" if help else _HELP}


def kept(workflow: Workflow) -> str:
    """What becomes of finished runs that no TTL deletes, as the second half of a message."""
    if workflow.resource.kind == "CronWorkflow":
        return "only the history limits delete finished workflows"
    return "nothing deletes finished workflows"


def history_limited(workflow: Workflow, severity: Severity = WARNING) -> Severity:
    """A CronWorkflow keeps three runs that succeeded and one that did not: only a note there."""
    return NOTE if workflow.resource.kind == "CronWorkflow" else severity
