"""PodDisruptionBudgets: which pods they select, and how many of them may be evicted.

Source: kubernetes pkg/controller/disruption/disruption.go (getExpectedPodCount,
getExpectedScale, updatePdbStatus, failSafe).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from kguard.facts.quantities import is_placeholder
from kguard.facts.selection import unseen_selection
from kguard.facts.workloads import Workload
from kguard.kube.workloads import is_owned, pod_labels
from kguard.model import Resource, Scope
from kguard.quantity.intorpercent import is_zero, scaled
from kguard.quantity.selectors import SelectorError, matches
from kguard.record import record
from kguard.relations import budget_selector

if TYPE_CHECKING:
    from kguard.facts.run import Facts

Limit = int | str

# Kinds whose pods have a controller without a scale: the controller cannot count what it expects.
_UNSCALABLE = frozenset(
    {
        ("apps", "DaemonSet"),
        ("extensions", "DaemonSet"),
        ("batch", "Job"),
        ("batch", "CronJob"),
        ("keda.sh", "ScaledJob"),
    }
)


def disruptions_allowed(
    scales: Sequence[int],
    bare: int = 0,
    *,
    min_available: Limit | None = None,
    max_unavailable: Limit | None = None,
) -> int:
    """How many pods may be evicted at once while all are healthy.

    `scales` are the replica counts of the controllers, whose pods all exist; `bare` pods have no
    controller. Percentages round up, both of them. An int minAvailable is compared with the pods
    that are there; everything else with the sum of the scales, in which bare pods do not count.
    Where nothing is expected (neither field, no controller) nothing may be evicted.
    Raises ValueError for a limit that is neither a whole number nor a percentage.
    """
    healthy = sum(scales) + bare
    expected = sum(scales)
    if max_unavailable is not None:
        desired = max(0, expected - scaled(max_unavailable, expected, round_up=True))
    elif isinstance(min_available, str):
        desired = scaled(min_available, expected, round_up=True)
    elif min_available is not None:
        expected, desired = healthy, min_available
    else:
        return 0
    return max(0, healthy - desired) if expected > 0 else 0


@record(eq=False)
class Budget(Scope):
    """A PodDisruptionBudget with the workloads whose pods it selects in its unit."""

    selected: tuple[Workload, ...]
    complete: bool

    @property
    def limit(self) -> tuple[str, Limit] | None:
        """The key and value of the limit in force.

        None where there is none, where both are written (the API server refuses that), and
        where the value is no whole number, no percentage or out of range.
        """
        written = [
            (key, value)
            for key in ("minAvailable", "maxUnavailable")
            if (value := self.get("spec", key)) is not None
        ]
        if len(written) != 1:
            return None
        key, value = written[0]
        try:
            least = scaled(value, 100, round_up=True)
        except ValueError:
            return None
        return (key, value) if least >= 0 and (isinstance(value, int) or least <= 100) else None

    @property
    def selector(self) -> Any:
        """What selects its pods, None where that is no pod at all."""
        return budget_selector(self.resource)

    @property
    def selects_nothing(self) -> bool:
        """Whether the selector itself selects no pod: absent, or empty in policy/v1beta1."""
        return self.selector is None

    @property
    def refuses_all(self) -> bool:
        """Whether the limit alone, whatever it selects, allows no eviction."""
        if self.limit is None:
            return False
        key, value = self.limit
        if key == "maxUnavailable":
            return is_zero(value)
        return isinstance(value, str) and scaled(value, 100, round_up=True) == 100

    @property
    def needs_scale(self) -> bool:
        """Whether the limit is one of the scale of controllers: all but an int minAvailable."""
        limit = self.limit
        return limit is not None and not (limit[0] == "minAvailable" and isinstance(limit[1], int))

    @property
    def unscalable(self) -> list[Workload]:
        """The selected workloads whose pods have a controller without a scale."""
        return [w for w in self.selected if (w.resource.group, w.resource.kind) in _UNSCALABLE]

    @property
    def bare(self) -> list[Workload]:
        """The selected Pods that no controller keeps."""
        return [w for w in self.selected if _is_bare(w)]

    @property
    def scales(self) -> list[int] | None:
        """The fewest replicas of each selected controller, bare pods left out.

        None where a count is unknown, where nothing was seen, or where two objects of one name
        were: variants of one workload, of which only one will be applied.
        """
        names = {(w.resource.group, w.resource.kind, w.resource.name) for w in self.selected}
        if not self.selected or len(names) != len(self.selected):
            return None
        counts = [w.floor for w in self.selected if not _is_bare(w)]
        return None if None in counts else [count for count in counts if count is not None]

    @property
    def pods(self) -> int | None:
        """The fewest pods it selects; None where that is unknown."""
        scales = self.scales
        return None if scales is None else sum(scales) + len(self.bare)

    @property
    def allowed(self) -> int | None:
        """How many pods may be evicted when there are the fewest; None where that is unknown."""
        scales, limit = self.scales, self.limit
        if scales is None or limit is None:
            return None
        key, value = limit
        if key == "maxUnavailable":
            return disruptions_allowed(scales, len(self.bare), max_unavailable=value)
        return disruptions_allowed(scales, len(self.bare), min_available=value)


def _is_bare(workload: Workload) -> bool:
    return (workload.resource.group, workload.resource.kind) == ("", "Pod")


def budget_of(facts: Facts, resource: Resource) -> Budget:
    """The budget in a PodDisruptionBudget. Pods that their owner stands for are left out."""
    found = (
        facts.workload(workload)
        for workload in facts.index.selected_by_budget(resource)
        if workload.kind != "PodTemplate" and not is_owned(workload)
    )
    return Budget(
        resource=resource,
        route=(),
        data=resource.data,
        selected=tuple(workload for workload in found if workload is not None),
        complete=facts.index.is_complete(resource),
    )


def unseen_pods(facts: Facts, budget: Budget) -> str:
    """Why a budget that selects nothing here may select a pod all the same, or an empty text."""
    return unseen_selection(facts, budget.resource, budget_selector(budget.resource), "budget")


def unseen_budget(facts: Facts, workload: Workload) -> str:
    """Why a workload without a budget here may have one all the same, or an empty text."""
    if not workload.complete:
        return "budgets may not have been seen"
    labels = pod_labels(workload.resource)
    if any(is_placeholder(label) for label in labels.values()):
        return "labels of the pods may be filled in later"
    for other in facts.index.in_unit(workload.resource, "policy", "PodDisruptionBudget"):
        unplaced = (other.namespace is None) != (workload.resource.namespace is None)
        try:
            matched = matches(budget_selector(other), labels)
        except SelectorError:
            if unplaced or other.namespace == workload.resource.namespace:
                return "the selector of a budget is malformed, or filled in later"
            continue
        if unplaced and matched:
            return "only one of budget and workload names its namespace"
    if facts.index.budgets_elsewhere(workload.resource):
        return "a budget elsewhere in this run asks for such labels"
    return ""
