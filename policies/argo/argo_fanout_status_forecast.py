"""See argo_fanout_status_forecast.md."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from kguard.facts.argo import Workflow
from kguard.facts.forecast import ASSUMED_ITEMS, EXPECTED_ITEMS
from kguard.facts.sizes import written
from kguard.model import Fault
from kguard.policies.argo._unseen import unless_default
from kguard.policy.context import ERROR, NOTE, WARNING, Context

_HELP = (
    "split it into workflows of workflows, or have `nodeStatusOffLoad` write nodes to a database"
)


def check(workflow: Workflow, ctx: Context) -> Iterator[Fault]:
    """Yield a fault for a run whose status will not fit into the object."""
    forecast = ctx.facts.forecast(workflow.resource)
    if forecast is None:
        return
    most, offloaded = ctx.params["max_bytes"], ctx.params["max_offloaded_bytes"]
    config = workflow.config
    offload = config is not None and config.get("persistence", "nodeStatusOffLoad") is True
    options: dict[str, Any]
    stored = forecast.packed + forecast.fixed
    count = f"{forecast.count.nodes:,} nodes make a status of {written(forecast.raw)}"
    if forecast.completion > offloaded - forecast.spec > 0:
        text = f"{written(forecast.fixed)} of it cannot be offloaded"
        options = {"severity": ERROR, "help": "etcd takes no larger object: split the workflow"}
    elif offload or forecast.raw <= most:
        return
    else:
        text = f"{written(stored)} with the specification when compressed"
        severity = ERROR if stored > most else WARNING if stored > most // 2 else NOTE
        options = unless_default(workflow, ctx, severity, _HELP)
    if forecast.count.assumed:
        assumed = f"{ASSUMED_ITEMS} items were assumed for loops of unknown length"
        options = {"severity": NOTE, "help": f"{assumed}; say how many with `{EXPECTED_ITEMS}`"}
    yield workflow.fault(("entrypoint",), f"{count}, {text}", **options)
