"""See argo_ttl_too_long.md."""

from __future__ import annotations

from collections.abc import Iterator

from kguard.facts.argo.workflow import Workflow
from kguard.model import Fault
from kguard.policies.argo._unseen import TTL_FIELDS
from kguard.policy.context import Context

_DAY = 86400


def check(workflow: Workflow, ctx: Context) -> Iterator[Fault]:
    """Yield a fault for each time after which finished workflows are deleted that is very long."""
    if workflow.library or workflow.resource.kind == "CronWorkflow":
        return
    for field in TTL_FIELDS:
        seconds = workflow.get("ttlStrategy", field)
        if type(seconds) is int and seconds > ctx.params["max_seconds"]:
            yield workflow.fault(
                ("ttlStrategy", field),
                f"`{field}` keeps finished workflows for {seconds / _DAY:,.0f} days",
                help="etcd, the controller and the server hold each of them all that time",
            )
