"""Who selects and targets whom, as objects say it; the index asks which of them are there."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, TypeVar

from kguard import quantity
from kguard.kube.workloads import pod_labels
from kguard.model import Resource, dig

K = TypeVar("K")
Bucket = tuple[str, str | None]  # unit, namespace
Target = tuple[str, str, str]  # group, kind, name

SERVICE = ("", "Service")
BUDGET = ("policy", "PodDisruptionBudget")
SCALERS = (("autoscaling", "HorizontalPodAutoscaler"), ("keda.sh", "ScaledObject"))
VERTICAL = ("autoscaling.k8s.io", "VerticalPodAutoscaler")


class BySelector:
    """Objects that select pods by labels, each under the rarest label it wants.

    A namespace may hold thousands of Services and as many workloads: comparing each with each
    takes minutes.
    """

    def __init__(
        self, selecting: Iterable[Resource], labels_of: Callable[[Resource], Mapping[Any, Any]]
    ) -> None:
        """`labels_of` gives the labels a pod needs at least, none where there is no telling."""
        wanted = [
            (item, [(k, v) for k, v in labels_of(item).items() if isinstance(v, str)])
            for item in selecting
        ]
        counts = Counter(label for _, labels in wanted for label in labels)
        self._found: dict[Any, list[tuple[int, Resource]]] = defaultdict(list)
        for number, (item, labels) in enumerate(wanted):
            rarest = min(labels, key=lambda label: counts[label]) if labels else None
            self._found[rarest].append((number, item))

    def candidates(self, labels: Mapping[str, str]) -> list[Resource]:
        """Those that may select a pod with these labels, in the order in which they were given."""
        found = [each for label in (None, *labels.items()) for each in self._found.get(label, ())]
        return [item for _, item in sorted(found, key=lambda each: each[0])]


def grouped(pairs: Iterable[tuple[K | None, Resource]]) -> dict[K, list[Resource]]:
    """Resources by their key, those without one left out."""
    found: dict[K, list[Resource]] = {}
    for key, resource in pairs:
        if key is not None:
            found.setdefault(key, []).append(resource)
    return found


class Everywhere:
    """The objects of all units together, each table made on first use."""

    def __init__(self, by_kind: Mapping[tuple[str, str, str], list[Resource]]) -> None:
        """The table of an index: unit, group and kind with what there is."""
        self.units: dict[tuple[str, str], list[tuple[str, list[Resource]]]] = {}
        for (unit, group, kind), items in by_kind.items():
            self.units.setdefault((group, kind), []).append((unit, items))
        self._named: dict[tuple[str, str], Mapping[str, list[Resource]]] = {}
        self._labels: Mapping[tuple[str, str], list[Resource]] | None = None
        self._scalers: Mapping[Target, list[Resource]] | None = None
        self._budgets: BySelector | None = None

    def _of_kind(self, group: str, kind: str) -> Iterator[Resource]:
        for _, items in self.units.get((group, kind), ()):
            yield from items

    def named(self, group: str, kind: str) -> Mapping[str, list[Resource]]:
        """The objects of a kind by name."""
        if (group, kind) not in self.units:
            return {}
        if (group, kind) not in self._named:
            named = grouped((each.name, each) for each in self._of_kind(group, kind))
            self._named[group, kind] = named
        return self._named[group, kind]

    def labels(
        self, by_label: Mapping[tuple[Bucket, str, str], list[Resource]]
    ) -> Mapping[tuple[str, str], list[Resource]]:
        """The workloads by each label of their pods."""
        if self._labels is None:
            self._labels = grouped(
                ((key, value), each)
                for (_, key, value), items in by_label.items()
                for each in items
            )
        return self._labels

    def scalers(self) -> Mapping[Target, list[Resource]]:
        """The HorizontalPodAutoscalers and ScaledObjects by target."""
        if self._scalers is None:
            scalers = (each for kind in SCALERS for each in self._of_kind(*kind))
            self._scalers = grouped((scale_target(each), each) for each in scalers)
        return self._scalers

    def budgets(self) -> BySelector:
        """The PodDisruptionBudgets by what they select."""
        if self._budgets is None:
            self._budgets = BySelector(self._of_kind(*BUDGET), budget_labels)
        return self._budgets


def selecting(selector: Any, workloads: Iterable[Resource]) -> list[Resource]:
    """The workloads whose pods a selector selects; none where it is malformed."""
    try:
        return [each for each in workloads if quantity.matches(selector, pod_labels(each))]
    except quantity.SelectorError:
        return []


def matching(budgets: Iterable[Resource], labels: Mapping[str, str]) -> list[Resource]:
    """The budgets that select a pod with these labels; malformed ones select none."""
    found = []
    for budget in budgets:
        try:
            if quantity.matches(budget_selector(budget), labels):
                found.append(budget)
        except quantity.SelectorError:
            continue
    return found


def meeting(near: Resource, items: Iterable[Resource]) -> list[Resource]:
    """Those of other units that may be applied into the namespace of `near`."""
    return [each for each in items if is_other(near, each.unit) and may_share(near, each)]


def is_other(near: Resource, unit: str) -> bool:
    """Whether a unit is another than that of `near`, and not the same chart rendered again.

    The unit of a rendering is what is rendered and, behind a line's end, how.
    """
    return unit != near.unit and unit.partition("\n")[0] != near.unit.partition("\n")[0]


def may_share(near: Resource, other: Resource) -> bool:
    """Whether two objects may come to be in one namespace, as one may be that names none."""
    return None in (near.namespace, other.namespace) or near.namespace == other.namespace


def service_labels(service: Resource) -> Mapping[Any, Any]:
    """The labels a Service asks for; none where that is not certain."""
    labels = dig(service.data, "spec", "selector")
    return labels if isinstance(labels, Mapping) else {}


def budget_labels(budget: Resource) -> Mapping[Any, Any]:
    """The labels that each pod of a budget has at least."""
    labels = dig(budget_selector(budget), "matchLabels")
    return labels if isinstance(labels, Mapping) else {}


def budget_selector(budget: Resource) -> Any:
    """The selector of a budget. An empty one selects all pods, in policy/v1beta1 none.

    Source: kubernetes pkg/apis/policy/v1beta1/conversion.go.
    """
    selector = dig(budget.data, "spec", "selector")
    if budget.version == "v1beta1" and isinstance(selector, Mapping) and not any(selector.values()):
        return None
    return selector


def scale_target(scaler: Resource) -> Target | None:
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


def vertical_target(scaler: Resource) -> tuple[str, str] | None:
    """Kind and name of what a VerticalPodAutoscaler is for; None where it names nothing."""
    kind, name = (dig(scaler.data, "spec", "targetRef", key) for key in ("kind", "name"))
    return (kind, name) if isinstance(kind, str) and isinstance(name, str) else None
