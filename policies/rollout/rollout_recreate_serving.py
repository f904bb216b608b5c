"""See rollout_recreate_serving.md."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from kguard.facts.pods import Pod
from kguard.facts.workloads import Workload
from kguard.model import Edit, Fault, Fix, Unknown
from kguard.policies.rollout._serving import outage
from kguard.policy.context import Context


def check(workload: Workload, ctx: Context) -> Iterator[Fault | Unknown]:
    """Yield a fault for a Deployment behind a Service that stops all pods first."""
    if workload.get("spec", "strategy", "type") != "Recreate" or _workflow_controller(workload.pod):
        return
    if workload.replicas.ceiling == 0:
        return
    service = yield from outage(workload, ctx)
    if service is None:
        return
    yield workload.fault(
        ("spec", "strategy", "type"),
        f"`Recreate` stops all pods of {workload.called} before it starts the new ones",
        related=[service],
        help=f"every rollout is an outage of the Service; `{workload.rolling}` avoids it",
        fix=Fix(
            (Edit(("spec", "strategy", "type"), workload.rolling),),
            safe=False,  # Two versions side by side are what it may be written to prevent.
            title=f"set `strategy.type: {workload.rolling}`",
        ),
    )


def _workflow_controller(pod: Pod) -> bool:
    """Whether this is Argo's workflow controller: two versions must not lead side by side."""
    texts: list[Any] = []
    for container in pod.running:
        texts.append(container.get("image"))
        for key in ("command", "args"):
            words = container.get(key)
            texts += words if isinstance(words, list) else []
    return any(isinstance(text, str) and "workflow-controller" in text for text in texts)
