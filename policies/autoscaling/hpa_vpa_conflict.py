"""See hpa_vpa_conflict.md."""

from __future__ import annotations

from collections.abc import Iterator

from kguard.facts.autoscaling import Autoscaler
from kguard.facts.scaletargets import scale_targets
from kguard.facts.vertical import writes_request
from kguard.model import Fault, Related
from kguard.policy.context import Context


def check(scaler: Autoscaler, ctx: Context) -> Iterator[Fault]:
    """Yield a fault for each utilization of a request that a VerticalPodAutoscaler writes."""
    for target in scale_targets(ctx.facts, scaler.resource):
        workload = scaler.workload
        running = [c.name for c in workload.pod.running] if workload else []
        for vertical in ctx.index.vertical_autoscalers_on(
            scaler.resource, target.kind, target.name
        ):
            for metric in scaler.utilizations:
                # Of a pod that was not seen only the policy for all containers is known.
                containers = [metric.container] if metric.container else running or ["*"]
                if not writes_request(vertical, metric.resource, containers):
                    continue
                yield scaler.fault(
                    metric.keys,
                    f"{metric.resource} utilization of {target.called} is divided by requests "
                    f"that VerticalPodAutoscaler `{vertical.name}` changes",
                    related=[Related(vertical, ("spec", "targetRef"), "writes the requests")],
                    help="each answers what the other does; leave one of them another resource",
                )
