"""See revision_history_zero.md."""

from __future__ import annotations

from collections.abc import Iterator

from kguard.facts.gitops import from_git
from kguard.facts.workloads import Workload
from kguard.model import REMOVE, Edit, Fault, Fix
from kguard.policy.context import Context

_KEYS = ("spec", "revisionHistoryLimit")


def check(workload: Workload, ctx: Context) -> Iterator[Fault]:
    """Yield a fault for a workload that keeps no revision to go back to."""
    limit = workload.get(*_KEYS)
    if limit != 0 or isinstance(limit, bool) or from_git(workload.resource):
        return
    yield workload.fault(
        _KEYS,
        f"{workload.called} keeps no old revision for `kubectl rollout undo`",
        help="without the line ten are kept",
        fix=Fix((Edit(_KEYS, REMOVE),), safe=True, title="remove `revisionHistoryLimit`"),
    )
