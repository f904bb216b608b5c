"""Everything seen in this run, by unit: who is there, who selects and who targets whom.

A unit is one world (a directory, a rendered chart): lookups never leave it. A view that is not
`complete` cannot tell an object that does not exist from one that was not given, so a lookup
that finds nothing there means unknown.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from kguard import quantity
from kguard.kube.workloads import TEMPLATES, pod_labels, template_route
from kguard.model import Resource, dig
from kguard.relations import (
    BUDGET,
    SCALERS,
    SERVICE,
    VERTICAL,
    Bucket,
    BySelector,
    Everywhere,
    Target,
    budget_labels,
    budget_selector,
    grouped,
    is_other,
    matching,
    may_share,
    meeting,
    scale_target,
    selecting,
    service_labels,
    vertical_target,
)


class Index:
    """Lookups over the resources of a run.

    Namespaces are compared as written: objects without one share a bucket of their own, because
    they all land in the namespace of the release or of the current context, whichever it is.
    """

    def __init__(
        self,
        resources: Iterable[Resource],
        *,
        complete: Iterable[str] = (),
        rendered: Iterable[str] = (),
    ) -> None:
        """`complete` names the units whose absent objects are known not to be part of them.

        `rendered` those of them that are one chart or kustomization each: others may be applied
        beside it, seen or not.
        """
        self._complete = frozenset(complete)
        self._rendered = frozenset(rendered)
        self._by_kind: dict[tuple[str, str, str], list[Resource]] = defaultdict(list)
        self._by_place: dict[tuple[Bucket, str, str], list[Resource]] = defaultdict(list)
        self._by_name: dict[tuple[Bucket, str, str, str], list[Resource]] = defaultdict(list)
        self._pods: dict[Bucket, list[Resource]] = defaultdict(list)
        self._by_label: dict[tuple[Bucket, str, str], list[Resource]] = defaultdict(list)
        # Made on first use, as most runs ask for few of them, and never changed once they are here:
        # several threads may ask. Nothing is kept for a namespace that has none of a kind, because
        # a server can be asked about any number of namespaces.
        self._services: dict[Bucket, BySelector] = {}
        self._budgets: dict[Bucket, BySelector] = {}
        self._scalers: dict[Bucket, Mapping[Target, list[Resource]]] = {}
        self._vertical: dict[Bucket, Mapping[tuple[str, str], list[Resource]]] = {}
        self._in_unit: dict[tuple[str, str, str], Mapping[str, list[Resource]]] = {}
        self._all: Everywhere | None = None
        for resource in resources:
            self._add(resource)

    def _add(self, resource: Resource) -> None:
        for table, key in self._places(resource):
            table[key].append(resource)

    def _places(self, resource: Resource) -> Iterator[tuple[dict[Any, list[Resource]], Any]]:
        """The tables that hold a resource, each with its key there.

        What an embedded manifest makes may look for others and is not found by any: whether and
        how often it is there only a run can tell.
        """
        if resource.embedded:
            return
        unit, group, kind = resource.unit, resource.group, resource.kind
        yield self._by_kind, (unit, group, kind)
        bucket = (unit, resource.namespace)
        yield self._by_place, (bucket, group, kind)
        if resource.name:
            yield self._by_name, (bucket, group, kind, resource.name)
        if (group, kind) in TEMPLATES and template_route(resource) is not None:
            yield self._pods, bucket
            for key, value in pod_labels(resource).items():
                yield self._by_label, (bucket, key, str(value))

    def changed(self, gone: Iterable[Resource], come: Iterable[Resource]) -> Index:
        """An index without the resources of `gone` and with those of `come` behind the others.

        This one stays as it is; both share what lies in neither.
        """
        gone, come = tuple(gone), tuple(come)
        new = Index((), complete=self._complete, rendered=self._rendered)
        for name, table in vars(self).items():
            if isinstance(table, dict):
                setattr(new, name, table.copy())
        lost = {id(resource) for resource in gone}
        touched = {(id(t), key): t for each in (*gone, *come) for t, key in new._places(each)}
        for (_, key), table in touched.items():
            table[key] = [each for each in table.get(key, ()) if id(each) not in lost]
        for resource in come:
            new._add(resource)
        for (_, key), table in touched.items():
            if not table[key]:
                del table[key]
        for resource in (*gone, *come):
            new._in_unit.pop((resource.unit, resource.group, resource.kind), None)
            bucket = (resource.unit, resource.namespace)
            for found in (new._services, new._budgets, new._scalers, new._vertical):
                found.pop(bucket, None)
        return new

    def is_complete(self, resource: Resource) -> bool:
        """Whether the unit of this resource holds all there is of it."""
        return resource.unit in self._complete

    def is_world(self, resource: Resource) -> bool:
        """Whether nothing else exists at all: the unit is complete, and no mere rendering."""
        return resource.unit in self._complete and resource.unit not in self._rendered

    def everywhere(self, group: str, kind: str) -> list[Resource]:
        """All objects of a kind in the run."""
        return [each for _, items in self._beyond().units.get((group, kind), ()) for each in items]

    def elsewhere(self, near: Resource, group: str, kind: str) -> list[Resource]:
        """Objects of a kind in other units that may be applied into the namespace of `near`.

        One whose namespace is not written may get any. Other renderings of the same chart do not
        count: they are alternatives to this one.
        """
        return [
            each
            for unit, items in self._beyond().units.get((group, kind), ())
            if is_other(near, unit)
            for each in items
            if may_share(near, each)
        ]

    def named_elsewhere(self, near: Resource, group: str, kind: str, name: str) -> list[Resource]:
        """Those of `elsewhere` that have a name."""
        return meeting(near, self._beyond().named(group, kind).get(name, ()))

    def of_kind(self, near: Resource, group: str, kind: str) -> Sequence[Resource]:
        """All objects of a kind in the unit and namespace of `near`."""
        return self._by_place.get(((near.unit, near.namespace), group, kind), ())

    def beside(self, near: Resource, kinds: Iterable[tuple[str, str]]) -> set[tuple[str, str]]:
        """Those of some kinds of which there is an object in the unit and namespace of `near`."""
        bucket = (near.unit, near.namespace)
        return {kind for kind in kinds if self._by_place.get((bucket, *kind))}

    def in_unit(self, near: Resource, group: str, kind: str) -> Sequence[Resource]:
        """All objects of a kind in the unit of `near`, whatever their namespace."""
        return self._by_kind.get((near.unit, group, kind), ())

    def kinds_in_unit(self, near: Resource) -> set[tuple[str, str]]:
        """Group and kind of all that is in the unit of `near`."""
        return {
            (group, kind)
            for (unit, group, kind), found in self._by_kind.items()
            if unit == near.unit and found
        }

    def named(self, near: Resource, group: str, kind: str, name: str) -> list[Resource]:
        """Objects of that kind and name beside `near`; several mean that the answer is unknown."""
        return list(self._by_name.get(((near.unit, near.namespace), group, kind, name), []))

    def cluster_scoped(self, near: Resource, group: str, kind: str, name: str) -> list[Resource]:
        """Objects of a cluster-scoped kind by name in the unit of `near`."""
        place = (near.unit, group, kind)
        if place not in self._in_unit:
            named = grouped((item.name, item) for item in self._by_kind.get(place, ()))
            self._in_unit[place] = named
        return list(self._in_unit[place].get(name, ()))

    def workloads(self) -> list[Resource]:
        """Everything of the run that makes pods, in every unit."""
        return [workload for found in self._pods.values() for workload in found]

    def selected_pods(self, near: Resource, selector: Any) -> list[Resource]:
        """Workloads beside `near` whose pods a LabelSelector selects, judged by template labels.

        A malformed or absent selector selects nothing.
        """
        bucket = (near.unit, near.namespace)
        wanted = dig(selector, "matchLabels", default={})
        return selecting(selector, self._candidates(bucket, wanted))

    def selected_elsewhere(self, near: Resource, selector: Any) -> list[Resource]:
        """Workloads in other units, as `elsewhere` finds them, whose pods a selector selects."""
        wanted, beyond = dig(selector, "matchLabels", default={}), self._beyond()
        if isinstance(wanted, Mapping) and wanted:
            labels = beyond.labels(self._by_label)
            found = min((labels.get((k, str(v)), []) for k, v in wanted.items()), key=len)
        else:
            found = self.workloads()
        return selecting(selector, meeting(near, found))

    def services_of(self, workload: Resource) -> list[Resource]:
        """Services beside a workload whose selector matches its pods.

        A malformed selector, a placeholder among them, selects nothing.
        """
        bucket = (workload.unit, workload.namespace)
        if bucket not in self._services:
            services = self.of_kind(workload, *SERVICE)
            if not services:
                return []
            self._services[bucket] = BySelector(services, service_labels)
        labels = pod_labels(workload)
        found = []
        for service in self._services[bucket].candidates(labels):
            selector = dig(service.data, "spec", "selector")
            try:
                if isinstance(selector, Mapping) and quantity.matches_equality(selector, labels):
                    found.append(service)
            except quantity.SelectorError:
                continue
        return found

    def autoscalers_of(self, workload: Resource) -> list[Resource]:
        """HorizontalPodAutoscalers and KEDA ScaledObjects that target a workload."""
        return self.autoscalers_on(workload, workload.group, workload.kind, workload.name)

    def autoscalers_on(self, near: Resource, group: str, kind: str, name: str) -> list[Resource]:
        """HorizontalPodAutoscalers and ScaledObjects beside `near` that target what is named so."""
        bucket = (near.unit, near.namespace)
        if bucket not in self._scalers:
            scalers = [each for kind in SCALERS for each in self.of_kind(near, *kind)]
            if not scalers:
                return []
            self._scalers[bucket] = grouped((scale_target(each), each) for each in scalers)
        return list(self._scalers[bucket].get((group, kind, name), ()))

    def autoscalers_elsewhere(self, workload: Resource) -> list[Resource]:
        """Autoscalers in other units, as `elsewhere` finds them, that target a workload."""
        target = (workload.group, workload.kind, workload.name)
        return meeting(workload, self._beyond().scalers().get(target, ()))

    def vertical_autoscalers_of(self, workload: Resource) -> list[Resource]:
        """VerticalPodAutoscalers that target a workload, by kind and name."""
        return self.vertical_autoscalers_on(workload, workload.kind, workload.name)

    def vertical_autoscalers_on(self, near: Resource, kind: str, name: str) -> list[Resource]:
        """VerticalPodAutoscalers beside `near` that target what is named so."""
        bucket = (near.unit, near.namespace)
        if bucket not in self._vertical:
            scalers = self.of_kind(near, *VERTICAL)
            if not scalers:
                return []
            self._vertical[bucket] = grouped((vertical_target(each), each) for each in scalers)
        return list(self._vertical[bucket].get((kind, name), ()))

    def target_of(self, scaler: Resource) -> list[Resource]:
        """The workloads an autoscaler targets beside it; none or several mean unknown."""
        target = scale_target(scaler)
        return self.named(scaler, *target) if target else []

    def budgets_of(self, workload: Resource) -> list[Resource]:
        """PodDisruptionBudgets beside a workload that select its pods."""
        bucket = (workload.unit, workload.namespace)
        if bucket not in self._budgets:
            budgets = self.of_kind(workload, *BUDGET)
            if not budgets:
                return []
            self._budgets[bucket] = BySelector(budgets, budget_labels)
        labels = pod_labels(workload)
        return matching(self._budgets[bucket].candidates(labels), labels)

    def budgets_elsewhere(self, workload: Resource) -> list[Resource]:
        """PodDisruptionBudgets in other units, as `elsewhere` finds them, that select its pods."""
        labels = pod_labels(workload)
        return matching(meeting(workload, self._beyond().budgets().candidates(labels)), labels)

    def selected_by_budget(self, budget: Resource) -> list[Resource]:
        """Workloads beside a PodDisruptionBudget whose pods it selects."""
        return self.selected_pods(budget, budget_selector(budget))

    def _beyond(self) -> Everywhere:
        if self._all is None:
            self._all = Everywhere(self._by_kind)
        return self._all

    def _candidates(self, bucket: Bucket, wanted: Any) -> list[Resource]:
        """Workloads that may match: those of the rarest wanted label, or all of the namespace."""
        if not isinstance(wanted, Mapping) or not wanted:
            return self._pods.get(bucket, [])
        lists = [self._by_label.get((bucket, k, str(v)), []) for k, v in wanted.items()]
        return min(lists, key=len)
