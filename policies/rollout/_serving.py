"""What the policies about outages of a Service share."""

from __future__ import annotations

from collections.abc import Iterator

from kguard.facts.workloads import Workload
from kguard.model import Unknown
from kguard.policy.context import Context


def unseen_service(workload: Workload, ctx: Context) -> Iterator[Unknown]:
    """Unknown where a workload without a Service may have one that was not seen."""
    if not workload.services and not workload.complete:
        yield ctx.unknown("Service not seen")
