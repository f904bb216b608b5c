"""See argo_podgc_missing.md."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from kguard.facts.argo.workflow import Workflow
from kguard.model import Edit, Fault, Fix, Unknown
from kguard.policies.argo._unseen import not_seen, unless_default
from kguard.policy.context import NOTE, WARNING, Context

_HELP = "finished pods stay until the workflow itself is deleted"


def check(workflow: Workflow, ctx: Context) -> Iterator[Fault | Unknown]:
    """Yield a fault for a workflow whose finished pods are kept for long, or are many."""
    if workflow.value("podGC") is not None:
        return
    forecast = ctx.facts.forecast(workflow.resource)
    if forecast is not None and forecast.count.pods == 0:
        return
    pods = forecast.count.pods if forecast and not forecast.count.assumed else 0
    many = pods > ctx.params["max_pods"]
    if not (many or _lives_longer(workflow, ctx.params["max_ttl_seconds"])):
        return
    if not workflow.complete:
        yield ctx.unknown(not_seen(workflow))
    elif workflow.answers:
        count = f"{pods:,} " if many else ""
        yield workflow.fault(
            ("podGC", "strategy"),
            f"no `podGC`: the {count}pods of a run are not deleted when they finish",
            **unless_default(workflow, ctx, WARNING if many else NOTE, _HELP),
            fix=Fix(
                (
                    Edit(
                        workflow.at("podGC"),
                        # The delay is for what reads the logs of a pod that has just ended.
                        {"strategy": "OnPodCompletion", "deleteDelayDuration": "30s"},
                    ),
                ),
                safe=False,  # It deletes finished pods.
                title="delete pods 30 s after they end (`strategy: OnPodCompletion`)",
            ),
        )


def _lives_longer(workflow: Workflow, seconds: int) -> bool:
    """Whether a finished workflow, and its pods with it, stays longer than that, or for ever."""
    strategy = workflow.value("ttlStrategy")
    if not isinstance(strategy, Mapping):
        return strategy is None
    times = [time for time in strategy.values() if time is not None]
    return not times or any(isinstance(time, int) and time > seconds for time in times)
