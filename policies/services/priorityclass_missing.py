"""See priorityclass_missing.md."""

from __future__ import annotations

from collections.abc import Iterator

from kguard.facts.operators import makers
from kguard.facts.pods import Pod
from kguard.facts.quantities import is_placeholder, literal
from kguard.model import Confidence, Fault, Unknown
from kguard.policy.context import WARNING, Context

_CLASS = ("scheduling.k8s.io", "PriorityClass")
# The API server makes these itself and allows no other name of their prefix.
_SYSTEM = frozenset({"system-cluster-critical", "system-node-critical"})


def check(pod: Pod, ctx: Context) -> Iterator[Fault | Unknown]:
    """Yield a fault for a pod of a priority class that does not exist."""
    name = literal(pod.get("priorityClassName"))
    if name is None or name in _SYSTEM:
        return
    near, reserved = pod.resource, name.startswith("system-")
    if not reserved:
        if ctx.index.cluster_scoped(near, *_CLASS, name):
            return
        # One chart or kustomization is not all that is applied to a cluster.
        if not ctx.index.is_world(near):
            yield ctx.unknown("PriorityClass not seen")
            return
        if ctx.index.named_elsewhere(near, *_CLASS, name):
            yield ctx.unknown("the PriorityClass is elsewhere in this run")
            return
        if makers(ctx.facts, near):
            yield ctx.unknown("the PriorityClass may be made by a custom resource")
            return
    classes = ctx.index.in_unit(near, *_CLASS)
    if any(is_placeholder(other.name) for other in classes) and not reserved:
        yield ctx.unknown("names of PriorityClasses may be filled in later")
        return
    # Many clusters have theirs from elsewhere, and manifests that bring none may rely on that.
    certain = reserved or bool(classes)
    yield pod.fault(
        ("priorityClassName",),
        f"PriorityClass `{name}` does not exist",
        severity=None if certain else WARNING,
        confidence=None if certain else Confidence.MEDIUM,
        help="names that begin with `system-` are reserved, and this is none of them"
        if reserved
        else "the API server refuses the pods",
    )
