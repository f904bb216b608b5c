"""How many pods of one run there are at once, and what they ask for together.

Source: argo-workflows workflow/controller/operator.go (checkParallelism: `parallelism` of a
template counts its own children, that of the workflow all its pods), steps.go (groups follow one
another), dag.go; docs/fields.md (`daemon`: a pod that stays until its steps or DAG are done).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping

from kguard.facts.argo.hooks import EXIT, call_handlers, run_handlers
from kguard.facts.argo.requests import pod_requests
from kguard.facts.argo.templates import (
    Call,
    Template,
    calls_of,
    named_template,
    target_of,
    whole_number,
)
from kguard.facts.argo.workflow import Workflow
from kguard.facts.forecast.antichain import heaviest_antichain, transitive
from kguard.facts.forecast.nodes import MAX_DEPTH, Counter
from kguard.model import Key, dig
from kguard.record import record

_MOST_TASKS = 400
# In the name of a lock: a tag that each item of a loop may fill with another text.
_PER_ITEM = re.compile(r"\{\{(?!\s*workflow\.)")
_AGENT_TYPES = ("http", "plugin")
# Requests of the agent's pod, one for all HTTP and plugin templates of a workflow (agent.go).
_AGENT_MILLICORES, _AGENT_BYTES = 10, 64 * 10**6


@record
class Load:
    """Pods and what they ask for: millicores and bytes, at least that where not `exact`."""

    pods: int = 0
    cpu: int = 0
    memory: int = 0
    exact: bool = True

    def __add__(self, other: Load) -> Load:
        return self._with(lambda one, two: one + two, other)

    def most(self, other: Load) -> Load:
        """The greater of each."""
        return self._with(max, other)

    def least(self, other: Load) -> Load:
        """The smaller of each."""
        return self._with(min, other)

    def times(self, number: int) -> Load:
        """So many of them."""
        return Load(self.pods * number, self.cpu * number, self.memory * number, self.exact)

    def _with(self, join: Callable[[int, int], int], other: Load) -> Load:
        return Load(
            join(self.pods, other.pods),
            join(self.cpu, other.cpu),
            join(self.memory, other.memory),
            self.exact and other.exact,
        )


@record
class Pods:
    """The pods of one run: those at once, all of them, and the largest single one."""

    peak: Load
    total: Load
    limit: int | None
    """The workflow's `parallelism`, where it holds any back."""


def pods_of(counter: Counter) -> Pods | None:
    """The pods of a workflow's run; None where its entrypoint is unknown."""
    facts, workflow = counter.facts, counter.workflow
    start = named_template(facts, workflow, workflow.value("entrypoint")).template
    if workflow.library or start is None:
        return None
    peaks = _Peaks(counter)
    peak, total = peaks.handled(start, run_handlers(facts, workflow))
    if peaks.agent:
        agent = Load(1, _AGENT_MILLICORES, _AGENT_BYTES)
        peak, total = peak + agent, total + agent
    limit = whole_number(workflow.value("parallelism"))
    held = limit is not None and 0 < limit < peak.pods
    if limit is not None and held:
        peak = peak.least(peaks.largest.times(limit))
    return Pods(peak, total, limit if held else None)


class _Peaks:
    """Works out pods at once and pods in all, once per template."""

    def __init__(self, counter: Counter) -> None:
        self.counter = counter
        self.facts = counter.facts
        self.workflow: Workflow = counter.workflow
        self.largest = Load(1)
        self.agent = False
        self._known: dict[int, tuple[Load, Load]] = {}
        self._open: set[int] = set()

    def template(self, template: Template) -> tuple[Load, Load]:
        """What one call of a template has at once, and in all."""
        key = id(template.data)
        if key in self._open or len(self._open) > MAX_DEPTH:
            return Load(), Load()
        if key not in self._known:
            self._open.add(key)
            peak, total = self._body(template)
            attempts = (self.counter.attempts(template) or 1) if self.counter.worst else 1
            self._known[key] = peak, total.times(attempts)
            self._open.discard(key)
        return self._known[key]

    def _body(self, template: Template) -> tuple[Load, Load]:
        if template.runs_pod:
            asked = pod_requests(self.facts, template, self.workflow)
            pod = Load(1, -int(-asked.cpu * 1000 // 1), -int(-asked.memory // 1), asked.exact)
            self.largest = self.largest.most(pod)
            return pod, pod
        self.agent = self.agent or template.kind in _AGENT_TYPES
        if template.kind not in ("steps", "dag"):
            return Load(), Load()
        calls = [
            each
            for each in calls_of(self.facts, template)
            if each.task != bool(template.get("steps"))
        ]
        loads = [self._call(call) for call in calls]
        total = _sum(load[1] for load in loads)
        widths = [load[0] for load in loads]
        join = self._steps if template.kind == "steps" else self._dag
        peak = join(template, calls, widths)
        limit = whole_number(template.value("parallelism", of=self.workflow))
        if limit is not None and limit > 0:
            singles = Load()
            for call in calls:
                singles = singles.most(self._one(call)[0])
            peak = peak.least(singles.times(limit))
        return peak, total

    def _steps(self, template: Template, calls: list[Call], widths: list[Load]) -> Load:
        groups: dict[Key, Load] = {}
        stays: dict[Key, Load] = {}
        place = len(template.route) + 1
        for call, width in zip(calls, widths, strict=True):
            group = call.route[place]
            groups[group] = groups.get(group, Load()) + width
            if self._stays(call):
                stays[group] = stays.get(group, Load()) + width
        peak = daemons = Load()
        for group, load in groups.items():
            peak = peak.most(load + daemons)
            daemons += stays.get(group, Load())
        return peak

    def _dag(self, template: Template, calls: list[Call], widths: list[Load]) -> Load:
        from kguard.facts.argo.dag import dependencies_of

        if len(calls) > _MOST_TASKS:
            return _sum(widths)
        numbers = {call.name: number for number, call in enumerate(calls)}
        before = {
            number: {numbers[each.name] for each in dependencies_of(call) if each.name in numbers}
            for number, call in enumerate(calls)
        }
        after = transitive(before)
        for number, call in enumerate(calls):
            if self._stays(call):
                after[number] = set()  # It is still there when those after it run.

        def most(weights: Iterable[int]) -> int:
            return heaviest_antichain(dict(enumerate(weights)), after)

        return Load(
            most(each.pods for each in widths),
            most(each.cpu for each in widths),
            most(each.memory for each in widths),
            all(each.exact for each in widths),
        )

    def _stays(self, call: Call) -> bool:
        target = target_of(self.facts, call).template
        return target is not None and target.value("daemon", of=self.workflow) is True

    def _one(self, call: Call) -> tuple[Load, Load]:
        """One item of a call, with its hooks."""
        self.facts.go_on()
        target = target_of(self.facts, call).template
        if target is None:
            return Load(1, exact=False), Load(1, exact=False)
        return self.handled(target, call_handlers(self.facts, call))

    def handled(self, template: Template, handlers: Mapping[str, Template]) -> tuple[Load, Load]:
        """A template with its hooks: they run beside it, the exit handler after all of them."""
        peak, total = self.template(template)
        for name in sorted(handlers, key=lambda name: name == EXIT):
            beside, more = self.template(handlers[name])
            total += more
            peak = peak.most(beside) if name == EXIT else peak + beside
        return peak, total

    def _call(self, call: Call) -> tuple[Load, Load]:
        peak, total = self._one(call)
        number = self.counter.items_of(call)
        target = target_of(self.facts, call).template
        at_once = 1 if target is not None and self._locked(target) else number
        return peak.times(min(at_once, number)), total.times(number)

    def _locked(self, target: Template) -> bool:
        """Whether a mutex lets only one of them run."""
        locks = target.value("synchronization", of=self.workflow)
        several = dig(locks, "mutexes")
        names = [
            dig(each, "name")
            for each in (dig(locks, "mutex"), *(several if isinstance(several, list) else ()))
        ]
        return any(isinstance(name, str) and not _PER_ITEM.search(name) for name in names)


def _sum(loads: Iterable[Load]) -> Load:
    total = Load()
    for each in loads:
        total += each
    return total
