"""What the policies about outages of a Service share."""

from __future__ import annotations

from collections.abc import Generator

from kguard.facts.volumes import stops_first
from kguard.facts.workloads import Workload
from kguard.model import Related, Unknown
from kguard.policy.context import Context


def outage(workload: Workload, ctx: Context) -> Generator[Unknown, None, Related | None]:
    """The Service that is down while a workload's pods are stopped before new ones start.

    Used with `yield from`: yields what cannot be known, and returns None where there is no outage
    to speak of, because nobody calls the pods or their volumes allow no other way.
    """
    if not workload.serving:
        if not workload.services and not workload.complete:
            yield ctx.unknown("Service not seen")
        return None
    stops = stops_first(ctx.facts, workload.pod)
    if stops is None:
        yield ctx.unknown("volume claim not seen")
    if stops is not False:
        return None
    return Related(workload.serving[0], ("metadata", "name"), "the Service is down meanwhile")
