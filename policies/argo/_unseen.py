"""What the policies do where the controller's configuration was not seen."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from kguard.facts.argo.config import seen_configs
from kguard.facts.argo.workflow import Reference, Setting, Workflow
from kguard.model import Related, Severity
from kguard.policy.context import NOTE, WARNING, Context

NOTICE = (
    "the Argo controller's configuration was not seen: what its `workflowDefaults` may set is "
    "reported as a note (`--argo-controller-config`, or `argo.assume: none`)"
)
_MOST_PATHS = 3
TTL_FIELDS = ("secondsAfterCompletion", "secondsAfterSuccess", "secondsAfterFailure")

LEGACY_TTL = "ttlSecondsAfterFinished"
"""The field of Argo 2; argo-ttl-legacy-field reports it, the other TTL policies leave it alone."""

# Why it is a note is said once for all, by the notice.
_HELP = "unless the controller's configuration sets it"


def not_seen(workflow: Workflow) -> str:
    """The reason of a check that lacks the template a workflow refers to."""
    if workflow.reference is Reference.UNKNOWN:
        return "`workflowTemplateRef` leads to no certain template"
    return "the WorkflowTemplate of `workflowTemplateRef` was not seen"


def unless_default(
    workflow: Workflow, ctx: Context, severity: Severity, help: str
) -> dict[str, Any]:
    """Severity and help of a fault that a default of the controller could undo."""
    config, assume = workflow.config, ctx.facts.assume
    if workflow.defaults_known:
        given = assume.argo_controller is not None or assume.argo_assume_none
        if config is None or given or config.resource.unit == workflow.resource.unit:
            return {"severity": severity, "help": help}
        # What it sets is believed. What it leaves out may be set by another, of another cluster.
        ctx.facts.notice(
            "the Argo controller's configuration may be that in "
            f"{config.resource.origin.path}, the only one that was seen: what it leaves out is "
            "reported as a note (`--argo-controller-config FILE` says so, or names another)"
        )
        return _note(help)
    if config is None:
        ctx.facts.notice(_several(workflow, ctx) or NOTICE)
        return _note(help)
    for unparsed in config.unparsed:
        ctx.facts.notice(
            f"the Argo controller's configuration in {config.resource.origin.path} cannot be read: "
            f"`{unparsed.route[-1]}`: {unparsed.cause}"
        )
    return _note(help)


def _several(workflow: Workflow, ctx: Context) -> str:
    """What is said where more than one configuration was seen; empty where none was."""
    seen = seen_configs(ctx.facts, workflow.resource)
    if not seen:
        return ""
    paths = list(dict.fromkeys(each.resource.origin.path for each in seen))
    more = f" and {len(paths) - _MOST_PATHS} more" if len(paths) > _MOST_PATHS else ""
    return (
        f"{len(seen)} configurations of the Argo controller were seen "
        f"({', '.join(paths[:_MOST_PATHS])}{more}), and which one applies is not known: what their "
        "`workflowDefaults` may set is reported as a note "
        "(`--argo-controller-config FILE` says which)"
    )


def _note(help: str) -> dict[str, Any]:
    return {"severity": NOTE, "help": help or _HELP}


def ttl_setting(workflow: Workflow) -> Setting | None:
    """The ttlStrategy in force, where it is judged at this workflow.

    None for libraries, and where the template that the workflow runs answers for it.
    """
    setting = workflow.setting("ttlStrategy")
    if workflow.library or setting is None or not isinstance(setting.value, Mapping):
        return None
    own = isinstance(workflow.get("ttlStrategy"), Mapping)
    return setting if own or workflow.answers else None


def where_set(workflow: Workflow, setting: Setting) -> list[Related]:
    """The place of a value that the workflow does not write itself."""
    if setting.resource is workflow.resource:
        return []
    template = workflow.template is not None and setting.resource is workflow.template.resource
    label = "the template's" if template else "the controller's default"
    return [Related(setting.resource, setting.route, label)]


def kept(workflow: Workflow) -> str:
    """What becomes of finished runs that no TTL deletes, as the second half of a message."""
    if workflow.resource.kind == "CronWorkflow":
        return "only the history limits delete finished workflows"
    return "nothing deletes finished workflows"


def history_limited(workflow: Workflow, severity: Severity = WARNING) -> Severity:
    """A CronWorkflow keeps three runs that succeeded and one that did not: only a note there."""
    return NOTE if workflow.resource.kind == "CronWorkflow" else severity
