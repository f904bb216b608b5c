"""See argo_ttl_missing.md."""

from __future__ import annotations

from collections.abc import Iterator

from kguard.facts.argo.workflow import Workflow
from kguard.model import Edit, Fault, Fix, Unknown, dig
from kguard.policies.argo._unseen import (
    LEGACY_TTL,
    history_limited,
    kept,
    not_seen,
    unless_default,
)
from kguard.policy.context import Context

_HELP = "finished workflows stay in etcd and in the controller's memory for ever"
_CRON = "the last ones stay until newer ones take their place, however old they get"


def check(workflow: Workflow, ctx: Context) -> Iterator[Fault | Unknown]:
    """Yield a fault for a workflow that nothing deletes once it is finished."""
    if dig(workflow.resource.data, "metadata", "ownerReferences"):
        return  # Deleted with its owner, the workflow that made it for instance.
    if workflow.value("ttlStrategy") is not None or workflow.retention:
        return
    if workflow.get(LEGACY_TTL) is not None:
        return  # Argo 2 deletes by it; argo-ttl-legacy-field says that later ones do not.
    if not workflow.complete:
        yield ctx.unknown(not_seen(workflow))
    elif workflow.answers:
        cron = workflow.resource.kind == "CronWorkflow"
        yield workflow.fault(
            ("ttlStrategy",),
            f"no `ttlStrategy`: {kept(workflow)}",
            **unless_default(workflow, ctx, history_limited(workflow), _CRON if cron else _HELP),
            fix=Fix(
                (Edit(workflow.at("ttlStrategy", "secondsAfterCompletion"), 86400),),
                safe=False,  # It deletes finished workflows.
                title="delete finished workflows after a day (`secondsAfterCompletion: 86400`)",
            ),
        )
