"""See argo_fanout_status_forecast.md."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from kguard.facts.argo.controller import max_workflow_size
from kguard.facts.argo.workflow import Workflow
from kguard.facts.forecast.forecast import ASSUMED_ITEMS, EXPECTED_ITEMS, Forecast, counter_of
from kguard.facts.forecast.limits import heaviest_call, offloads
from kguard.facts.sizes import written
from kguard.model import Fault, Related
from kguard.policies.argo._unseen import unless_default
from kguard.policy.context import ERROR, NOTE, WARNING, Context

_HELP = "divide it among workflows, or have `nodeStatusOffLoad` write nodes to a database"


def check(workflow: Workflow, ctx: Context) -> Iterator[Fault]:
    """Yield a fault for a run whose status will not fit into the object."""
    forecast = ctx.facts.forecast(workflow.resource)
    found = _judged(workflow, ctx, forecast) if forecast else None
    if forecast is None or found is None:
        return
    text, options = found
    if forecast.count.assumed:
        assumed = f"{ASSUMED_ITEMS} items were assumed for loops of unknown length"
        options = {"severity": NOTE, "help": f"{assumed}; say how many with `{EXPECTED_ITEMS}`"}
    by = heaviest_call(counter_of(ctx.facts, workflow))
    yield workflow.fault(
        ("entrypoint",),
        f"{forecast.count.nodes:,} nodes make a status of {written(forecast.raw)}, {text}",
        related=[Related(by.resource, by.route, f"most of it by {by.called}")] if by else [],
        **options,
    )


def _judged(workflow: Workflow, ctx: Context, forecast: Forecast) -> tuple[str, Any] | None:
    """What becomes of the status, and how bad that is; None where it fits."""
    offloaded = ctx.params["max_offloaded_bytes"]
    set_there = max_workflow_size(ctx.facts, workflow.resource)
    most = min(set_there or ctx.params["max_bytes"], offloaded)
    if forecast.completion > offloaded - forecast.spec > 0:
        text = f"{written(forecast.fixed)} of it cannot be offloaded"
        return text, {"severity": ERROR, "help": "etcd takes no larger object: divide the workflow"}
    if offloads(workflow) or forecast.raw <= most:
        return None
    severity = ERROR if forecast.stored > most else WARNING if forecast.stored > most // 2 else NOTE
    text = f"{written(forecast.stored)} with the specification when compressed"
    return text, unless_default(workflow, ctx, severity, _HELP)
