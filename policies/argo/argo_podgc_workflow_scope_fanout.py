"""See argo_podgc_workflow_scope_fanout.md."""

from __future__ import annotations

from collections.abc import Iterator

from kguard.facts.argo.workflow import Workflow
from kguard.model import Fault
from kguard.policies.argo._unseen import where_set
from kguard.policy.context import Context

_STRATEGIES = ("OnWorkflowCompletion", "OnWorkflowSuccess")


def check(workflow: Workflow, ctx: Context) -> Iterator[Fault]:
    """Yield a fault for a large run whose finished pods wait for the last one."""
    setting = workflow.setting("podGC", "strategy")
    if setting is None or setting.value not in _STRATEGIES or not workflow.answers:
        return
    forecast = ctx.facts.forecast(workflow.resource)
    pods = forecast.count.pods if forecast and not forecast.count.assumed else 0
    if pods > ctx.params["max_pods"]:
        yield workflow.fault(
            ("podGC", "strategy"),
            f"`{setting.value}` keeps all {pods:,} pods of a run until the workflow has ended",
            help="`OnPodCompletion` deletes each when it has ended",
            related=where_set(workflow, setting),
        )
