"""See worker_grace_too_short.md."""

from __future__ import annotations

from collections.abc import Iterator
from math import ceil

from kguard.facts.pods import DEFAULT_GRACE, Container
from kguard.facts.termination import Process
from kguard.model import Edit, Fault, Fix, Related
from kguard.policy.context import NOTE, WARNING, Context

_LEAST = 2
"""Seconds that the kubelet leaves after any preStop hook (kuberuntime_container.go)."""


def check(process: Process, ctx: Context) -> Iterator[Fault]:
    """Yield a fault for a queue worker that is killed before its tasks can end."""
    worker, container = process.worker, process.container
    if worker is None or container is None or container.pod.grace is None:
        return
    prestop = container.prestop_seconds or 0
    grace = container.pod.grace - prestop
    need = worker.needed_seconds
    if (need is None and grace > DEFAULT_GRACE) or (need is not None and grace >= need):
        return
    workload = ctx.facts.workload(process.resource)
    scalers = workload.autoscalers if workload else ()
    needs = "as long as its longest task" if need is None else f"{float(need):g} s"
    yield container.pod.fault(
        ("terminationGracePeriodSeconds",),
        f"{container.called} is killed {max(grace, _LEAST):g} s after SIGTERM; "
        f"{worker.framework} needs {needs}",
        severity=WARNING if scalers else NOTE,
        help=f"{worker.why}; "
        + ("each scale-down cuts tasks" if scalers else "rollouts and drains cut tasks"),
        related=[Related(s, ("spec", "scaleTargetRef"), "scales it down") for s in scalers],
        fix=None if need is None else _longer(container, ceil(need + prestop)),
    )


def _longer(container: Container, seconds: int) -> Fix:
    """Unsafe: a new pod template is a rollout."""
    route = container.pod.at("terminationGracePeriodSeconds")
    title = f"set `terminationGracePeriodSeconds: {seconds}`"
    return Fix((Edit(route, seconds),), safe=False, title=title)
