"""See hpa_missing_request.md."""

from __future__ import annotations

from collections.abc import Iterator

from kguard.facts.autoscaling import Autoscaler
from kguard.model import Fault, Related, Unknown
from kguard.policy.context import WARNING, Context

_SHOWN = 3
"""How many containers a message names; the rest is a number."""


def check(scaler: Autoscaler, ctx: Context) -> Iterator[Fault | Unknown]:
    """Yield a fault for each metric that cannot be computed for want of a request."""
    if not scaler.utilizations:
        return
    if scaler.workload is None:
        yield ctx.unknown("scale target not seen")
        return
    if scaler.vertical:
        return
    failing = [(m, found) for m in scaler.utilizations if (found := scaler.lacking(m))]
    works = scaler.computes
    alone = len(scaler.utilizations) + scaler.other_metrics == len(failing)
    for metric, containers in failing:
        names = ", ".join(container.called for container in containers[:_SHOWN])
        more = f" and {len(containers) - _SHOWN} more" if len(containers) > _SHOWN else ""
        verb = "requests" if len(containers) == 1 else "request"
        yield scaler.fault(
            metric.keys,
            f"{metric.resource} utilization of {scaler.workload.called} cannot be computed: "
            f"{names}{more} {verb} no {metric.resource}",
            severity=WARNING if works else None,
            related=[
                Related(container.resource, (*container.route, "resources"), "no request here")
                for container in containers[:_SHOWN]
            ],
            help="the autoscaler never scales down"
            if works
            else "without any metric the default is 80% cpu; the autoscaler does nothing"
            if metric.omitted
            else "the autoscaler does nothing until each of them has a request"
            if alone
            else "no other metric works either, so the autoscaler does nothing",
        )
