"""Which limit a run comes to first, what brings it there, and what would change it.

Sources: argo-workflows workflow/packer/packer.go (1 MiB, before and after compression),
workflow/hydrator/hydrator.go (only status.nodes is offloaded), argoproj/argo-workflows#13213;
etcd server/embed/config.go (DefaultMaxRequestBytes, 1.5 MiB).
"""

from __future__ import annotations

from collections.abc import Mapping

from kguard.facts.argo.controller import max_workflow_size
from kguard.facts.argo.templates import Call, calls_of, named_template, target_of
from kguard.facts.argo.workflow import Workflow
from kguard.facts.forecast.copies import Value
from kguard.facts.forecast.count import Count
from kguard.facts.forecast.forecast import (
    Forecast,
    counter_of,
    forecast_of,
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
        items=counter.items_of(by.call) if by else 0,
        most_items=_most_items(counter, nominal, limit, by) if by else 0,
        chunks=_chunks(counter, nominal, limit, by) if by else None,
        worst_chunks=_chunks(worst_counter, worst, worst_limit, by) if by else None,
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


def _most_items(counter: Counter, forecast: Forecast, limit: Limit, by: _Heaviest) -> int:
    """With how many items of a loop a run comes to its limit."""
    number = counter.items_of(by.call)
    part = replace(forecast, count=by.count(counter))
    share = part.completion if limit.offloaded else part.packed + part.completion
    rest = (forecast.fixed if limit.offloaded else forecast.stored) - share
    room = limit.most - max(rest, 0)
    return room * number // share if share > 0 and room > 0 else 0


def _chunks(counter: Counter, forecast: Forecast, limit: Limit, by: _Heaviest) -> Chunks | None:
    number = counter.items_of(by.call)
    if number < 2 or not limit.reached:
        return None
    # Half of the room is for what no forecast knows: messages, outputs, other retries.
    fitting = rounded_down(_most_items(counter, forecast, limit, by) // 2)
    return Chunks(fitting, -(-number // fitting)) if 0 < fitting < number else None


def rounded_down(number: int) -> int:
    """A number with its first two digits kept: people chunk by 3,700, not by 3,718."""
    digits = len(str(number))
    unit: int = 10 ** max(digits - 2, 0)
    return number // unit * unit
