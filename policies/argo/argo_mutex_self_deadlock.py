"""See argo_mutex_self_deadlock.md."""

from __future__ import annotations

from collections.abc import Iterator

from kguard.facts.argo.deadlocks import deadlocks
from kguard.facts.argo.locks import Lock
from kguard.facts.argo.workflow import Workflow
from kguard.model import Fault, Related
from kguard.policy.context import Context

_HELP = "only a deadline ends it: the workflow and each of its nodes hold locks for themselves"


def check(workflow: Workflow, ctx: Context) -> Iterator[Fault]:
    """Yield a fault for each lock that waits for itself."""
    for found in deadlocks(ctx.facts, workflow):
        lock, held = found.lock, found.held
        here = lock.resource is workflow.resource
        shown, other = (lock, held) if here else (held, lock)
        if _data(lock) is _data(held):
            message = f"{held.holder} calls itself while it holds {lock.called}, and waits for it"
            yield shown.fault((), message, help=_HELP)
            continue
        yield shown.fault(
            (),
            f"{lock.holder} waits for {lock.called}, which {held.holder} holds until it has ended",
            help=_HELP,
            related=[Related(other.resource, other.route, f"{other.holder} takes it here")],
        )


def _data(lock: Lock) -> object:
    """The template that takes a lock; one of `templateDefaults` is taken by many."""
    return lock.template.data if lock.template else None
