"""What an autoscaler names as its target, and who has that name.

Sources: kubernetes pkg/controller/podautoscaler/horizontal.go (reconcileAutoscaler: the target is
found by group and kind, its version does not matter), KEDA pkg/scaling and
apis/keda/v1alpha1/gvkr.go (kind and apiVersion default to a Deployment of apps/v1).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from kguard.facts.quantities import is_placeholder
from kguard.model import Resource, Scope, dig
from kguard.record import record
from kguard.relations import scale_target

if TYPE_CHECKING:
    from kguard.facts.run import Facts

SCALABLE: Mapping[str, str] = {
    "Deployment": "apps",
    "StatefulSet": "apps",
    "ReplicaSet": "apps",
    "ReplicationController": "",
}
"""The kinds of Kubernetes with a scale subresource, each with its group."""

UNSCALABLE = frozenset({"DaemonSet", "Job", "CronJob", "Pod"})
"""The kinds of Kubernetes that run pods and have no scale subresource."""

_VERTICAL_GROUPS = {**SCALABLE, "DaemonSet": "apps", "Job": "batch", "CronJob": "batch"}


@record(eq=False)
class ScaleTarget(Scope):
    """The reference of an autoscaler to what it scales; `data` and `route` are the reference's.

    `found` are the objects of that kind and name in its namespace. `doubtful` says why it may
    exist although none was found, or is empty.
    """

    group: str
    kind: str
    name: str
    found: tuple[Resource, ...]
    doubtful: str

    @property
    def called(self) -> str:
        """How messages name the target: its kind and its name."""
        return f"{self.kind} `{self.name}`"

    @property
    def built_in(self) -> bool:
        """Whether the target is of a kind of Kubernetes that this autoscaler can scale."""
        vertical = self.resource.group == "autoscaling.k8s.io"
        return (_VERTICAL_GROUPS if vertical else SCALABLE).get(self.kind) == self.group

    @property
    def dotless(self) -> bool:
        """Whether the group is none a custom resource can have: those hold a dot.

        Source: apiextensions-apiserver pkg/apis/apiextensions/validation/validation.go,
        validateCustomResourceDefinitionSpec.
        """
        return "." not in self.group


def scale_targets(facts: Facts, resource: Resource) -> Iterator[ScaleTarget]:
    """The target of a HorizontalPodAutoscaler, ScaledObject or VerticalPodAutoscaler.

    Nothing for a reference that is malformed or filled in later.
    """
    vertical = resource.group == "autoscaling.k8s.io"
    key = "targetRef" if vertical else "scaleTargetRef"
    reference = dig(resource.data, "spec", key)
    target = _vertical_target(reference) if vertical else scale_target(resource)
    if target is None or not isinstance(reference, Mapping):
        return
    if any(is_placeholder(reference.get(word)) for word in ("apiVersion", "kind", "name")):
        return
    group, kind, name = target
    if not kind or not name:
        return
    found = _found(facts, resource, group, kind, name)
    yield ScaleTarget(
        resource=resource,
        route=("spec", key),
        data=reference,
        group=group,
        kind=kind,
        name=name,
        found=tuple(found),
        doubtful="" if found else _doubt(facts, resource, group, kind, name),
    )


def _vertical_target(reference: Any) -> tuple[str, str, str] | None:
    kind, name = dig(reference, "kind"), dig(reference, "name")
    api_version = dig(reference, "apiVersion", default="")
    if not all(isinstance(word, str) for word in (kind, name, api_version)):
        return None
    return api_version.rpartition("/")[0], kind, name


def _found(facts: Facts, near: Resource, group: str, kind: str, name: str) -> list[Resource]:
    found = facts.index.named(near, group, kind, name)
    if not found and group == "apps":
        # Until Kubernetes 1.16 one object was served in both groups.
        found = facts.index.named(near, "extensions", kind, name)
    return found


def _doubt(facts: Facts, near: Resource, group: str, kind: str, name: str) -> str:
    if not facts.index.is_complete(near):
        return "scale target not seen"
    for other in facts.index.in_unit(near, group, kind):
        if other.name == name and (other.namespace is None) != (near.namespace is None):
            return "only one of autoscaler and scale target names its namespace"
        if is_placeholder(other.name) or not other.name:
            return "the scale target's name may be filled in later"
    groups = (group, "extensions") if group == "apps" else (group,)
    if any(facts.index.named_elsewhere(near, each, kind, name) for each in groups):
        return "a scale target of that name is elsewhere in this run"
    from kguard.facts.operators import makers

    made = makers(facts, near)
    return f"the scale target may be made by a custom resource: {made[0]}" if made else ""
