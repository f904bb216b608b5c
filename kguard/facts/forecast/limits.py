"""Which limit a run comes to first, what brings it there, and what would change it.

Sources: argo-workflows workflow/packer/packer.go (1 MiB, before and after compression),
workflow/hydrator/hydrator.go (only status.nodes is offloaded), argoproj/argo-workflows#13213;
etcd server/embed/config.go (DefaultMaxRequestBytes, 1.5 MiB).
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from fractions import Fraction

from kguard.facts.argo.controller import max_workflow_size
from kguard.facts.argo.templates import Call, calls_of, named_template, target_of
from kguard.facts.argo.workflow import Workflow
from kguard.facts.forecast.copies import Value
from kguard.facts.forecast.count import Count
from kguard.facts.forecast.forecast import (
    Forecast,
    counter_of,
    forecast_of,
    whole_run,
)
from kguard.facts.forecast.kinds import nodes_by_kind
from kguard.facts.forecast.nodes import Counter
from kguard.facts.forecast.pods import Pods, pods_of
from kguard.facts.forecast.quotas import Shortage, shortages
from kguard.facts.run import Facts
from kguard.record import record, replace

MAX_OBJECT = 1024 * 1024
"""The largest object the controller stores without offloading (MAX_WORKFLOW_SIZE)."""

MAX_REQUEST = 1536 * 1024
"""The largest object etcd takes (--max-request-bytes)."""

MANY_AT_ONCE = 100
"""Pods at once from which a run without `parallelism` is said to need one."""

_TRIES = 3
"""How often a run is counted anew to find how many items fit; one is nearly always enough."""


@record
class Limit:
    """A size that a run has, and the most that is stored."""

    size: int
    most: int
    offloaded: bool
    compressed: bool = True

    @property
    def reached(self) -> bool:
        """Whether the run does not fit."""
        return self.size > self.most


@record
class Chunks:
    """Workflows of so many items each instead of one with all."""

    items: int
    workflows: int


@record
class Outlook:
    """All that is forecast of a run. `by` is the call that brings most of it."""

    workflow: Workflow
    nominal: Forecast
    worst: Forecast
    kinds: Mapping[str, int]
    worst_kinds: Mapping[str, int]
    pods: Pods
    worst_pods: Pods
    limit: Limit
    worst_limit: Limit
    by: Call | None
    items: int
    """How many items one run of `by` has."""
    most_items: int
    """With how many of them a run that goes well comes to its limit; 0 where it always does."""
    chunks: Chunks | None
    """What would fit, where the run does not."""
    worst_chunks: Chunks | None
    shortages: tuple[Shortage, ...]
    """The quotas of the namespace that the pods at once do not fit into."""


def outlook_of(facts: Facts, workflow: Workflow, items: int = 0) -> Outlook | None:
    """The outlook of an object that can run; None for libraries and where nothing is known."""
    counter = counter_of(facts, workflow, items)
    worst_counter = counter_of(facts, workflow, items, worst=True)
    nominal, pods = forecast_of(facts, workflow, items), pods_of(counter)
    worst, worst_pods = forecast_of(facts, workflow, items, worst=True), pods_of(worst_counter)
    if nominal is None or worst is None or pods is None or worst_pods is None:
        return None
    by = _heaviest(counter)
    limit, worst_limit = limit_of(facts, workflow, nominal), limit_of(facts, workflow, worst)
    items_by = counter.items_of(by.call) if by else 0
    most = _most_items(counter, nominal, limit, by.call) if by else 0
    worst_most = 0
    if by and items_by > 1 and worst_limit.reached:
        worst_most = _most_items(worst_counter, worst, worst_limit, by.call)
    return Outlook(
        workflow=workflow,
        nominal=nominal,
        worst=worst,
        kinds=nodes_by_kind(counter),
        worst_kinds=nodes_by_kind(worst_counter),
        pods=pods,
        worst_pods=worst_pods,
        limit=limit,
        worst_limit=worst_limit,
        by=by.call if by else None,
        items=items_by,
        most_items=most,
        chunks=_chunks(items_by, most, limit) if by else None,
        worst_chunks=_chunks(items_by, worst_most, worst_limit) if by else None,
        shortages=tuple(shortages(facts, workflow.resource, pods.peak)),
    )


def offloads(workflow: Workflow) -> bool:
    """Whether the controller's configuration has nodes written to a database."""
    config = workflow.config
    return config is not None and config.get("persistence", "nodeStatusOffLoad") is True


def limit_of(facts: Facts, workflow: Workflow, forecast: Forecast) -> Limit:
    """The limit a forecast run comes to first: what the controller stores, or what etcd takes."""
    if offloads(workflow):
        return Limit(forecast.fixed, MAX_REQUEST, offloaded=True)
    whole = forecast.raw + forecast.fixed
    most = min(max_workflow_size(facts, workflow.resource) or MAX_OBJECT, MAX_REQUEST)
    if whole <= most:
        return Limit(whole, most, offloaded=False, compressed=False)
    return Limit(forecast.stored, most, offloaded=False)


def heaviest_call(counter: Counter) -> Call | None:
    """The loop that brings most nodes, the outermost of several; else the heaviest call."""
    heaviest = _heaviest(counter)
    return heaviest.call if heaviest else None


@record
class _Heaviest:
    """A call, and what the inputs of its template hold when a run comes to it."""

    call: Call
    given: Mapping[str, Value]

    def count(self, counter: Counter) -> Count:
        """The nodes of the call."""
        return counter.call(self.call).filled(self.given)


def _heaviest(counter: Counter) -> _Heaviest | None:
    facts, workflow = counter.facts, counter.workflow
    template = named_template(facts, workflow, workflow.value("entrypoint")).template
    given = counter.inputs_of_run(template) if template else {}
    heaviest: _Heaviest | None = None
    seen: set[int] = set()
    while template is not None and id(template.data) not in seen:
        seen.add(id(template.data))
        calls = [_Heaviest(call, given) for call in calls_of(facts, template)]
        if not calls:
            break
        found = max(calls, key=lambda each: each.count(counter).raw)
        heaviest = heaviest or found
        if counter.items_of(found.call) > 1:
            return found
        if found.count(counter).raw * 2 < counter.template(template).filled(given).raw:
            break  # Many calls bring it together.
        heaviest, given = found, counter.inputs(found.call, given)
        template = target_of(facts, found.call).template
    return heaviest


def _most_items(counter: Counter, forecast: Forecast, limit: Limit, call: Call) -> int:
    """With how many items of a call a run comes to its limit.

    The run is counted anew with others. What it takes grows nearly evenly with them, so the line
    through two of these sizes leads to the next one to try, or all but there.
    """

    number = max(counter.items_of(call), 1)
    listed = counter.bytes_of_items(call)

    def size(items: int) -> int:
        count = whole_run(counter.with_items(call, items)) or forecast.count
        spec = forecast.spec + listed * (items - number) // number
        run = replace(forecast, count=count, spec=spec)
        return run.fixed if limit.offloaded else run.stored

    before, last = 0, number
    size_before, size_last = size(before), size(last)
    if size_before > limit.most:
        return 0
    for _ in range(_TRIES):
        if size_last == size_before:
            break
        slope = Fraction(size_last - size_before, last - before)
        before, size_before = last, size_last
        last = max(last + math.floor((limit.most - size_last) / slope), 0)
        if last == before:
            break
        size_last = size(last)
    return last


def _chunks(number: int, most: int, limit: Limit) -> Chunks | None:
    if number < 2 or not limit.reached:
        return None
    # Half of the room is for what no forecast knows: messages, outputs, other retries.
    fitting = rounded_down(most // 2)
    return Chunks(fitting, -(-number // fitting)) if 0 < fitting < number else None


def rounded_down(number: int) -> int:
    """A number with its first two digits kept: people chunk by 3,700, not by 3,718."""
    digits = len(str(number))
    unit: int = 10 ** max(digits - 2, 0)
    return number // unit * unit
