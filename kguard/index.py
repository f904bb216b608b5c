"""Everything seen in this run, by unit: who is there, who selects and who targets whom.

A unit is one world (a directory, a rendered chart): lookups never leave it. A view that is not
`complete` cannot tell an object that does not exist from one that was not given, so a lookup
that finds nothing there means unknown.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any

from kguard.kube.workloads import TEMPLATES, pod_labels, template_route
from kguard.model import Resource, dig
from kguard.quantity.selectors import SelectorError, matches, matches_equality

_Bucket = tuple[str, str | None]  # unit, namespace


class Index:
    """Lookups over the resources of a run.

    Namespaces are compared as written: objects without one share a bucket of their own, because
    they all land in the namespace of the release or of the current context, whichever it is.
    """

    def __init__(self, resources: Iterable[Resource], *, complete: Iterable[str] = ()) -> None:
        """`complete` names the units whose absent objects are known not to exist."""
        self._complete = frozenset(complete)
        self._by_kind: dict[tuple[str, str, str], list[Resource]] = defaultdict(list)
        self._by_name: dict[tuple[_Bucket, str, str, str], list[Resource]] = defaultdict(list)
        self._pods: dict[_Bucket, list[Resource]] = defaultdict(list)
        self._by_label: dict[tuple[_Bucket, str, str], list[Resource]] = defaultdict(list)
        for resource in resources:
            self._add(resource)

    def _add(self, resource: Resource) -> None:
        unit, group, kind = resource.unit, resource.group, resource.kind
        self._by_kind[unit, group, kind].append(resource)
        bucket = (unit, resource.namespace)
        if resource.name:
            self._by_name[bucket, group, kind, resource.name].append(resource)
        if (group, kind) in TEMPLATES and template_route(resource) is not None:
            self._pods[bucket].append(resource)
            for key, value in pod_labels(resource).items():
                self._by_label[bucket, key, str(value)].append(resource)

    def is_complete(self, resource: Resource) -> bool:
        """Whether the unit of this resource holds all there is."""
        return resource.unit in self._complete

    def of_kind(self, near: Resource, group: str, kind: str) -> list[Resource]:
        """All objects of a kind in the unit and namespace of `near`."""
        found = self._by_kind.get((near.unit, group, kind), [])
        return [item for item in found if item.namespace == near.namespace]

    def in_unit(self, near: Resource, group: str, kind: str) -> list[Resource]:
        """All objects of a kind in the unit of `near`, whatever their namespace."""
        return list(self._by_kind.get((near.unit, group, kind), []))

    def named(self, near: Resource, group: str, kind: str, name: str) -> list[Resource]:
        """Objects of that kind and name beside `near`; several mean that the answer is unknown."""
        return list(self._by_name.get(((near.unit, near.namespace), group, kind, name), []))

    def cluster_scoped(self, near: Resource, group: str, kind: str, name: str) -> list[Resource]:
        """Objects of a cluster-scoped kind by name in the unit of `near`."""
        return [item for item in self.in_unit(near, group, kind) if item.name == name]

    def workloads(self) -> list[Resource]:
        """Everything of the run that makes pods, in every unit."""
        return [workload for found in self._pods.values() for workload in found]

    def selected_pods(self, near: Resource, selector: Any) -> list[Resource]:
        """Workloads beside `near` whose pods a LabelSelector selects, judged by template labels.

        A malformed or absent selector selects nothing.
        """
        bucket = (near.unit, near.namespace)
        wanted = dig(selector, "matchLabels", default={})
        try:
            return [
                workload
                for workload in self._candidates(bucket, wanted)
                if matches(selector, pod_labels(workload))
            ]
        except SelectorError:
            return []

    def services_of(self, workload: Resource) -> list[Resource]:
        """Services beside a workload whose selector matches its pods.

        A malformed selector, a placeholder among them, selects nothing.
        """
        labels = pod_labels(workload)
        found = []
        for service in self.of_kind(workload, "", "Service"):
            selector = dig(service.data, "spec", "selector")
            try:
                if isinstance(selector, Mapping) and matches_equality(selector, labels):
                    found.append(service)
            except SelectorError:
                continue
        return found

    def autoscalers_of(self, workload: Resource) -> list[Resource]:
        """HorizontalPodAutoscalers and KEDA ScaledObjects that target a workload."""
        return [
            scaler
            for scaler in (
                *self.of_kind(workload, "autoscaling", "HorizontalPodAutoscaler"),
                *self.of_kind(workload, "keda.sh", "ScaledObject"),
            )
            if scale_target(scaler) == (workload.group, workload.kind, workload.name)
        ]

    def target_of(self, scaler: Resource) -> list[Resource]:
        """The workloads an autoscaler targets beside it; none or several mean unknown."""
        target = scale_target(scaler)
        return self.named(scaler, *target) if target else []

    def budgets_of(self, workload: Resource) -> list[Resource]:
        """PodDisruptionBudgets beside a workload that select its pods."""
        found = []
        for budget in self.of_kind(workload, "policy", "PodDisruptionBudget"):
            try:
                if matches(budget_selector(budget), pod_labels(workload)):
                    found.append(budget)
            except SelectorError:
                continue
        return found

    def selected_by_budget(self, budget: Resource) -> list[Resource]:
        """Workloads beside a PodDisruptionBudget whose pods it selects."""
        return self.selected_pods(budget, budget_selector(budget))

    def _candidates(self, bucket: _Bucket, wanted: Any) -> list[Resource]:
        """Workloads that may match: those of the rarest wanted label, or all of the namespace."""
        if not isinstance(wanted, Mapping) or not wanted:
            return self._pods.get(bucket, [])
        lists = [self._by_label.get((bucket, k, str(v)), []) for k, v in wanted.items()]
        return min(lists, key=len)


def budget_selector(budget: Resource) -> Any:
    """The selector of a budget. An empty one selects all pods, in policy/v1beta1 none.

    Source: kubernetes pkg/apis/policy/v1beta1/conversion.go.
    """
    selector = dig(budget.data, "spec", "selector")
    if budget.version == "v1beta1" and isinstance(selector, Mapping) and not any(selector.values()):
        return None
    return selector


def scale_target(scaler: Resource) -> tuple[str, str, str] | None:
    """Group, kind and name of what an HPA or ScaledObject scales; None where it names nothing.

    The version is ignored, as the controller does (pkg/controller/podautoscaler/horizontal.go,
    RESTMappings by group and kind). A ScaledObject's kind defaults to Deployment (KEDA docs).
    """
    reference = dig(scaler.data, "spec", "scaleTargetRef")
    if not isinstance(reference, Mapping):
        return None
    keda = scaler.group == "keda.sh"
    kind = reference.get("kind") or ("Deployment" if keda else None)
    api_version = reference.get("apiVersion") or ("apps/v1" if keda else "")
    name = reference.get("name")
    if not (isinstance(kind, str) and isinstance(name, str) and isinstance(api_version, str)):
        return None
    return api_version.rpartition("/")[0], kind, name
