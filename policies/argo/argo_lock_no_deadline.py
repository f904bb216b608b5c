"""See argo_lock_no_deadline.md."""

from __future__ import annotations

from collections.abc import Iterator

from kguard.facts.argo.locks import Lock
from kguard.model import Fault, Unknown
from kguard.policies.argo._deadline import ends
from kguard.policies.argo._unseen import not_seen, unless_default
from kguard.policy.context import NOTE, Context

_HELP = "whoever else wants it waits too; `activeDeadlineSeconds` of the workflow ends the wait"


def check(lock: Lock, ctx: Context) -> Iterator[Fault | Unknown]:
    """Yield a fault for a lock whose holder may never end."""
    workflow, template = lock.workflow, lock.template
    if workflow.library or lock.own or ends(workflow, ctx):
        return
    if template is not None and template.value("timeout") is not None:
        return
    if not workflow.complete:
        yield ctx.unknown(not_seen(workflow))
        return
    yield lock.fault(
        (),
        f"{lock.holder} may hold {lock.called} for ever: nothing ends a run that hangs",
        **unless_default(workflow, ctx, NOTE, _HELP),
    )
