"""See drone_arch_not_scheduled.md."""

from __future__ import annotations

from collections.abc import Iterator

from kguard.facts.drone.pipeline import Pipeline
from kguard.facts.drone.runner import runner_selects_nodes, runners
from kguard.model import Confidence, Edit, Fault, Fix, Unknown
from kguard.policy.context import WARNING, Context

# What people write for ARM, and the label that nodes have (runtime.GOARCH of the kubelet).
_ARM = {"arm": "arm", "arm64": "arm64", "aarch64": "arm64", "armhf": "arm", "armv7": "arm"}


def check(pipeline: Pipeline, ctx: Context) -> Iterator[Fault | Unknown]:
    """Yield a fault for a pipeline for ARM whose pod may run on any node."""
    arch = pipeline.get("platform", "arch")
    if not isinstance(arch, str) or arch not in _ARM:
        return
    if any(pipeline.get(key) for key in ("node_selector", "node_name", "node")):
        return
    selects = runner_selects_nodes(ctx.facts, pipeline.resource)
    if selects is None:
        yield ctx.unknown("the Drone runner's environment is not seen in full")
    if selects is not False:
        return
    seen = bool(runners(ctx.facts, pipeline.resource))
    label = _ARM[arch]
    edit = Edit(pipeline.at("node_selector"), {"kubernetes.io/arch": label})
    yield pipeline.fault(
        ("platform", "arch"),
        f"`{arch}` of {pipeline.called} places its pod on no particular node",
        severity=None if seen else WARNING,
        confidence=None if seen else Confidence.MEDIUM,
        help="at most it becomes a label of the pod; `node_selector` places it",
        fix=Fix((edit,), safe=False, title=f"select nodes of `{label}`"),
    )
