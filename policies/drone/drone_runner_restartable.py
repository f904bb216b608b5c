"""See drone_runner_restartable.md."""

from __future__ import annotations

from collections.abc import Iterator

from kguard.facts.pods import Container
from kguard.model import Fault, Related, Scope
from kguard.policy.context import Context


def check(runner: Container, ctx: Context) -> Iterator[Fault]:
    """Yield a fault for a runner with little time to end its builds, or that is scaled in."""
    grace, least = runner.pod.grace, ctx.params["min_grace_seconds"]
    if grace is not None and grace < least:
        yield runner.pod.fault(
            ("terminationGracePeriodSeconds",),
            f"Drone's runner has {grace} s to end the builds it watches when it is stopped",
            help="what still runs then is watched by nobody, and its pod stays",
        )
    workload = ctx.facts.workload(runner.resource)
    for scaler in workload.autoscalers if workload else ():
        whole = Scope(runner.resource, (), runner.resource.data)
        yield whole.fault(
            ("metadata",),
            "an autoscaler stops Drone's runners while they watch builds",
            help="it does not know which of them are idle",
            related=[Related(scaler, (), "scales the runner")],
        )
