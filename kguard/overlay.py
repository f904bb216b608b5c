"""One object over what a cluster holds: the world as it would be with that object in it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from kguard.index import Index
from kguard.kube.workloads import TEMPLATES
from kguard.model import Resource
from kguard.relations import BUDGET, SCALERS, SERVICE, VERTICAL

_NOTHING = Index(())


class Overlay(Index):
    """One object over an index, in the place of what that holds of its kind, namespace and name.

    Answers what an index of the others with this one behind them would, without copying any;
    only the order of `workloads` may differ.
    """

    def __init__(self, base: Index, resource: Resource) -> None:
        """The base is not told that there is one over it, so many threads may share it."""
        self.asked: set[tuple[str, str]] = set()
        """Group and kind of what was looked for, whether it was found or not."""
        self._base = base
        self._resource = resource
        self._kind = (resource.group, resource.kind)
        self._alone: Index | None = None
        target = (resource.group, resource.kind, resource.name)
        self._hidden = base.named(resource, *target) if resource.name else []

    def _own(self, *kinds: tuple[str, str]) -> Index:
        """An index of the object alone, an empty one where it is of none of these kinds.

        Most questions are about other kinds than the object's, and its index costs more than they.
        """
        if self._kind not in kinds:
            return _NOTHING
        if self._alone is None:
            self._alone = Index((self._resource,))
        return self._alone

    def _over(self, below: list[Resource], own: Sequence[Resource]) -> list[Resource]:
        if self._hidden:
            below = [each for each in below if not any(each is other for other in self._hidden)]
        return [*below, *own] if own else below

    def changed(self, gone: Iterable[Resource], come: Iterable[Resource]) -> Index:
        """Not for one that lives as long as a review; raises TypeError."""
        raise TypeError("an overlay does not change")

    def is_complete(self, resource: Resource) -> bool:
        """Whether the index below holds all there is in the unit of this resource."""
        return self._base.is_complete(resource)

    def is_world(self, resource: Resource) -> bool:
        """Whether the index below knows that nothing else exists at all."""
        return self._base.is_world(resource)

    def everywhere(self, group: str, kind: str) -> list[Resource]:
        """All objects of a kind in the run."""
        self.asked.add((group, kind))
        below = self._base.everywhere(group, kind)
        return self._over(below, self._own((group, kind)).everywhere(group, kind))

    def elsewhere(self, near: Resource, group: str, kind: str) -> list[Resource]:
        """Objects of a kind in other units that may be applied into the namespace of `near`."""
        self.asked.add((group, kind))
        below = self._base.elsewhere(near, group, kind)
        own = self._own((group, kind)).elsewhere(near, group, kind)
        return self._over(below, own)

    def named_elsewhere(self, near: Resource, group: str, kind: str, name: str) -> list[Resource]:
        """Those of `elsewhere` that have a name."""
        self.asked.add((group, kind))
        target = (group, kind, name)
        below = self._base.named_elsewhere(near, *target)
        return self._over(below, self._own(target[:2]).named_elsewhere(near, *target))

    def of_kind(self, near: Resource, group: str, kind: str) -> Sequence[Resource]:
        """All objects of a kind in the unit and namespace of `near`."""
        self.asked.add((group, kind))
        below = self._base.of_kind(near, group, kind)
        if not below and self._kind != (group, kind):  # Nearly always; the rest costs twice that.
            return ()
        own = self._own((group, kind)).of_kind(near, group, kind)
        return self._over(list(below), own)

    def beside(self, near: Resource, kinds: Iterable[tuple[str, str]]) -> set[tuple[str, str]]:
        """Those of some kinds of which there is an object in the unit and namespace of `near`."""
        self.asked.update(kinds)
        found = self._base.beside(near, kinds)
        return found | self._own(self._kind).beside(near, kinds) if self._kind in kinds else found

    def in_unit(self, near: Resource, group: str, kind: str) -> Sequence[Resource]:
        """All objects of a kind in the unit of `near`, whatever their namespace."""
        self.asked.add((group, kind))
        below = self._base.in_unit(near, group, kind)
        own = self._own((group, kind)).in_unit(near, group, kind)
        return self._over(list(below), own) if below or own else ()

    def kinds_in_unit(self, near: Resource) -> set[tuple[str, str]]:
        """Group and kind of all that is in the unit of `near`."""
        return self._base.kinds_in_unit(near) | self._own(self._kind).kinds_in_unit(near)

    def named(self, near: Resource, group: str, kind: str, name: str) -> list[Resource]:
        """Objects of that kind and name beside `near`; several mean that the answer is unknown."""
        self.asked.add((group, kind))
        target = (group, kind, name)
        return self._over(
            self._base.named(near, *target), self._own(target[:2]).named(near, *target)
        )

    def cluster_scoped(self, near: Resource, group: str, kind: str, name: str) -> list[Resource]:
        """Objects of a cluster-scoped kind by name in the unit of `near`."""
        self.asked.add((group, kind))
        below = self._base.cluster_scoped(near, group, kind, name)
        return self._over(below, self._own((group, kind)).cluster_scoped(near, group, kind, name))

    def workloads(self) -> list[Resource]:
        """Everything that makes pods, in every unit."""
        self.asked.update(TEMPLATES)
        return self._over(self._base.workloads(), self._own(*TEMPLATES).workloads())

    def selected_pods(self, near: Resource, selector: Any) -> list[Resource]:
        """Workloads beside `near` whose pods a LabelSelector selects, judged by template labels."""
        self.asked.update(TEMPLATES)
        below = self._base.selected_pods(near, selector)
        return self._over(below, self._own(*TEMPLATES).selected_pods(near, selector))

    def selected_elsewhere(self, near: Resource, selector: Any) -> list[Resource]:
        """Workloads in other units whose pods a LabelSelector selects."""
        self.asked.update(TEMPLATES)
        below = self._base.selected_elsewhere(near, selector)
        return self._over(below, self._own(*TEMPLATES).selected_elsewhere(near, selector))

    def services_of(self, workload: Resource) -> list[Resource]:
        """Services beside a workload whose selector matches its pods."""
        self.asked.add(SERVICE)
        below = self._base.services_of(workload)
        return self._over(below, self._own(SERVICE).services_of(workload))

    def autoscalers_on(self, near: Resource, group: str, kind: str, name: str) -> list[Resource]:
        """HorizontalPodAutoscalers and ScaledObjects beside `near` that target what is named so."""
        self.asked.update(SCALERS)
        target = (group, kind, name)
        below = self._base.autoscalers_on(near, *target)
        if not below and self._kind not in SCALERS:
            return below
        found = self._over(below, self._own(*SCALERS).autoscalers_on(near, *target))
        return sorted(found, key=lambda each: SCALERS.index((each.group, each.kind)))

    def autoscalers_elsewhere(self, workload: Resource) -> list[Resource]:
        """Autoscalers in other units that target a workload."""
        self.asked.update(SCALERS)
        below = self._base.autoscalers_elsewhere(workload)
        return self._over(below, self._own(*SCALERS).autoscalers_elsewhere(workload))

    def vertical_autoscalers_on(self, near: Resource, kind: str, name: str) -> list[Resource]:
        """VerticalPodAutoscalers beside `near` that target what is named so."""
        self.asked.add(VERTICAL)
        below = self._base.vertical_autoscalers_on(near, kind, name)
        return self._over(below, self._own(VERTICAL).vertical_autoscalers_on(near, kind, name))

    def budgets_of(self, workload: Resource) -> list[Resource]:
        """PodDisruptionBudgets beside a workload that select its pods."""
        self.asked.add(BUDGET)
        return self._over(self._base.budgets_of(workload), self._own(BUDGET).budgets_of(workload))

    def budgets_elsewhere(self, workload: Resource) -> list[Resource]:
        """PodDisruptionBudgets in other units that select a workload's pods."""
        self.asked.add(BUDGET)
        below = self._base.budgets_elsewhere(workload)
        return self._over(below, self._own(BUDGET).budgets_elsewhere(workload))
