"""See argo_pvc_leak_on_failure.md."""

from __future__ import annotations

from collections.abc import Iterator

from kguard.facts.argo.workflow import Workflow
from kguard.model import Edit, Fault, Fix, Unknown
from kguard.policies.argo._unseen import history_limited, not_seen, unless_default
from kguard.policy.context import Context

_HELP = "`volumeClaimGC.strategy: OnWorkflowCompletion` deletes them however a run ends"


def check(workflow: Workflow, ctx: Context) -> Iterator[Fault | Unknown]:
    """Yield a fault for claims that stay where a run fails, as nothing deletes the run either."""
    claims = workflow.get("volumeClaimTemplates")
    if workflow.library or not isinstance(claims, list) or not claims:
        return
    # OnWorkflowSuccess is the default; anything else is a placeholder, or is refused.
    if workflow.value("volumeClaimGC", "strategy") not in (None, "OnWorkflowSuccess"):
        return
    times = [
        workflow.value("ttlStrategy", f"secondsAfter{end}") for end in ("Completion", "Failure")
    ]
    if any(time is not None for time in times):
        return
    if workflow.retention:
        return
    if not workflow.complete:
        yield ctx.unknown(not_seen(workflow))
        return
    yield workflow.fault(
        ("volumeClaimTemplates",),
        "volumes of a run that fails are kept, and nothing deletes such a run",
        **unless_default(workflow, ctx, history_limited(workflow), _HELP),
        fix=Fix(
            (Edit(workflow.at("volumeClaimGC", "strategy"), "OnWorkflowCompletion"),),
            safe=False,  # It deletes volumes.
            title="delete the volumes however a run ends (`strategy: OnWorkflowCompletion`)",
        ),
    )
