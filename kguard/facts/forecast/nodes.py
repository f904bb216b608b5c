"""The nodes of one run of a workflow, and the bytes of JSON they are.

Which nodes there are and what refers to what follows argo-workflows workflow/controller/steps.go,
dag.go, container_set_template.go and operator.go (initializeNode, getOutboundNodes,
processNodeRetries). Sizes of nodes are those of NodeStatus in pkg/apis/workflow/v1alpha1 as v4.1
writes it for a run with archived logs; bench/forecast builds such runs and compares.
"""

from __future__ import annotations

import math
from collections.abc import Mapping

from kguard.facts.argo.hooks import call_handlers
from kguard.facts.argo.templates import (
    Call,
    Template,
    calls_of,
    target_of,
)
from kguard.facts.argo.workflow import Workflow
from kguard.facts.forecast.attempts import most_attempts
from kguard.facts.forecast.copies import Value, joined, multiplied
from kguard.facts.forecast.count import Count
from kguard.facts.forecast.values import LONG, Inputs, Values
from kguard.facts.run import Facts
from kguard.facts.sizes import json_bytes, packed_bytes
from kguard.model import Key
from kguard.record import replace

MAX_DEPTH = 100
"""How deep templates may call each other (controller.go, maxAllowedStackDepth)."""

ASSUMED_ITEMS = 100
"""Items of a loop whose length only a run can tell."""

# A node without its own name, the workflow's and the template's; then how often it has these two.
_POD, _RETRY, _OTHER = 475, 425, 260
_WORKFLOW_IN_POD, _WORKFLOW_IN_OTHER, _TEMPLATE_IN_POD = 6, 4, 2
# An id in `children` or `outboundNodes`, without the workflow's name; a parameter, and their list.
_REFERENCE, _PARAMETER, _INPUTS = 14, 22, 26
# The number of an item in a node's name, `(12:34)`, where nothing is known of the item.
_INDEX = 10
_UNSEEN_TEMPLATE = 12
# Long texts that templates have among them, counted for each; some 100 bytes of memory.
_MOST_KEPT = 200_000
# An item up to this long is a number, and numbers are part of every measured node.
_NUMBER = 8


class Counter:
    """Counts the nodes below templates, each template once.

    `items` is the length of loops of unknown length; 0 assumes one. `worst` has every attempt but
    the last fail. Texts in inputs that are longer than `long` are told apart.
    """

    def __init__(
        self,
        facts: Facts,
        workflow: Workflow,
        items: int = 0,
        *,
        worst: bool = False,
        long: int = LONG,
    ) -> None:
        self.facts = facts
        self.workflow = workflow
        self.items = items
        self.worst = worst
        self.stored: dict[int, Template] = {}
        """Templates of other objects, of which the status keeps a copy."""
        self._name = name_length(workflow)
        self._values = Values(workflow, long, facts.go_on)
        self._given = self._values.given
        self._long = long
        self._known: dict[int, Count] = {}
        self._kept = 0
        self._open: set[int] = set()
        self._instead: tuple[Call, int] | None = None

    def with_items(self, call: Call, number: int) -> Counter:
        """A counter for which one call has so many items; each is as long as they are in the mean.

        A loop whose length is a guess stays one.
        """
        items = self.items
        found = Counter(self.facts, self.workflow, items, worst=self.worst, long=self._long)
        found._instead = call, number
        return found

    def bytes_of_items(self, call: Call) -> int:
        """The bytes of a call's items that are written in the specification."""
        if call.loop is None or call.loop.literal_bytes or self.items:
            return call.loop.literal_bytes if call.loop else 0
        given = self._given.items(call)
        return given.size if given else 0

    def start(self, template: Template) -> Count:
        """The nodes of a run that begins with a template."""
        values = self._values.of_run(template)
        copies = 1 + self._copies(template)
        return self._holding(self.template(template), values, copies)

    def handler(self, template: Template) -> Count:
        """The nodes of a hook or an exit handler, whose inputs are not looked at."""
        return self.template(template).filled({})

    def template(self, template: Template) -> Count:
        """The nodes of one call of a template, whose own inputs are for the call to count."""
        key = id(template.data)
        if key in self._open or len(self._open) > MAX_DEPTH:
            # A recursion: how often it comes round is decided by its conditions.
            return replace(self._node(_OTHER, template), others=1, recursive=True)
        if key not in self._known:
            self.facts.go_on()
            self._open.add(key)
            self._known[key] = found = self._with_retry(template, self._body(template))
            self._kept += len(found.copies)
            if self._kept > _MOST_KEPT:
                self.facts.go_on(math.inf)  # Who has a clock has little memory, too.
            self._open.discard(key)
            if template.resource not in (each.resource for each in self.workflow.layers):
                self.stored[key] = template
        return self._known[key]

    def attempts(self, template: Template) -> int | None:
        """How often a template may be run, at most; None without a bound, 1 without retries."""
        retry = template.retry(self.workflow)
        return 1 if retry is None else most_attempts(retry)

    def _node(self, base: int, template: Template) -> Count:
        """The JSON of one node of a template, nothing counted; its name is the caller's."""
        name = len(template.name) or _UNSEEN_TEMPLATE
        if base == _OTHER:
            return Count(raw=base + _WORKFLOW_IN_OTHER * self._name + name, ends=1)
        outputs = _written(template, "outputs")
        words = _WORKFLOW_IN_POD * self._name + _TEMPLATE_IN_POD * name
        return Count(raw=base + words + outputs, ends=1)

    def _body(self, template: Template) -> Count:
        other = replace(self._node(_OTHER, template), others=1)
        if template.kind == "containerSet":
            members = template.get("containerSet", "containers")
            count = len(members) if isinstance(members, list) else 0
            pod = replace(self._node(_POD, template), pods=1, ends=max(count, 1))
            return pod + self._refer(other.changed(ends=0, raw=other.raw + 12), 1).times(count)
        if template.kind == "steps":
            return self._steps(template, other.changed(ends=0))
        if template.kind == "dag":
            return self._dag(template, other.changed(ends=0))
        return replace(self._node(_POD, template), pods=1) if template.runs_pod else other

    def _steps(self, template: Template, total: Count) -> Count:
        """Groups follow one another: each hangs on all ends of the one before."""
        written = template.get("steps")
        ends: dict[Key, int] = dict.fromkeys(
            range(len(written) if isinstance(written, list) else 0), 0
        )
        start = len(template.route)
        for call in calls_of(self.facts, template):
            if not call.task:
                count = self.call(call)
                ends[call.route[start + 1]] += count.ends
                total += count.changed(ends=0)
        before = 1
        group = self._refer(Count(others=1, raw=_OTHER + _WORKFLOW_IN_OTHER * self._name + 6), 1)
        for number in ends.values():
            total += self._repeat(group, before - 1)
            before = max(number, 1)
        return self._refer(total, before).changed(ends=before)

    def _dag(self, template: Template, total: Count) -> Count:
        """A task hangs on all ends of those it waits for."""
        from kguard.facts.argo.dag import dependencies_of

        calls = [call for call in calls_of(self.facts, template) if call.task]
        ends: dict[str, int] = {}
        for call in calls:
            count = self.call(call)
            ends[call.name] = count.ends
            total += count.changed(ends=0)
        awaited: set[str] = set()
        for call in calls:
            self.facts.go_on()
            names = {each.name for each in dependencies_of(call)} & ends.keys()
            awaited |= names
            above = sum(ends[name] for name in names) or 1
            total = self._repeat(total, max(above - 1, 0))
        last = sum(each for name, each in ends.items() if name not in awaited)
        return self._refer(total, last).changed(ends=last)

    def _refer(self, count: Count, number: int) -> Count:
        """A part with so many more references to its nodes."""
        size = (_REFERENCE + self._name) * number
        return count.changed(references=count.references + number, raw=count.raw + size)

    def _repeat(self, count: Count, number: int) -> Count:
        """A part to one node of which so many more others refer."""
        size = (_REFERENCE + self._name) * number
        return count.changed(repeated=count.repeated + number, raw=count.raw + size)

    def _with_retry(self, template: Template, body: Count) -> Count:
        if template.retry(self.workflow) is None:
            return body
        most = self.attempts(template)
        number = (most or 1) if self.worst else 1
        outer = replace(self._node(_RETRY, template), retries=1)
        if not template.runs_pod:
            outer = replace(self._node(_OTHER, template), retries=1)
        attempts = self._refer(body.below(3), 1).times(number).changed(ends=0)
        return replace(outer + attempts, ends=1, unbounded=body.unbounded or most is None)

    def call(self, call: Call) -> Count:
        """The nodes that a step or task makes, all its items together."""
        self.facts.go_on()
        target = target_of(self.facts, call).template
        one = self.template(target) if target else self._unseen()
        loop, number = call.loop, self._length(call, one)
        item, listed = self._item(call, number)
        if self._instead is not None and self._instead[0].data is call.data:
            # What the items take once packed grows with them.
            listed = listed * self._instead[1] // max(number, 1)
            number = self._instead[1]
        segment = len(call.name) + (4 if not call.task else 1) + (item + _INDEX if loop else 0)
        copies = 1 + (self._copies(target) if target else 0)
        values = self._values.of_call(call, target, item)
        one = self._holding(one, values, copies)
        one = one.changed(raw=one.raw + segment * copies).below(segment)
        total = self._refer(one, 1).times(number)
        # Short texts come back within what gzip remembers; so does an item, after its node's name.
        unlike = values.unlike + listed * one.nodes
        guessed = self._known_length(call) is None
        total = total.changed(unlike=total.unlike + unlike, assumed=total.assumed or guessed)
        if loop and call.task:
            words = _WORKFLOW_IN_OTHER * self._name + 2 * len(call.name) + _UNSEEN_TEMPLATE
            group = Count(others=1, raw=_OTHER + words)
            total += self._refer(group, 1)
        return total + self._hooks(call, target).below(segment).times(number)

    def inputs(self, call: Call, given: Mapping[str, Value]) -> dict[str, Value]:
        """What a call hands on to its template, where its own template's inputs are given."""
        target = target_of(self.facts, call).template
        item, _ = self._item(call, self.items_of(call))
        values = self._values.of_call(call, target, item)
        return {name: value.filled(given) for name, value in values.items()}

    def inputs_of_run(self, template: Template) -> Inputs:
        """The inputs of a template that a run begins with."""
        return self._values.of_run(template)

    def _holding(self, one: Count, values: Inputs, copies: int) -> Count:
        """A part whose first node, and so many of it in all, hold these inputs."""
        one = one.filled(values)
        size = values.size + _PARAMETER * len(values) + (_INPUTS if values else 0)
        found = joined(one.copies, multiplied(values.copies, copies))
        return one.changed(raw=one.raw + size * copies, copies=found)

    def _item(self, call: Call, number: int) -> tuple[int, int]:
        """How long an item of a loop is in the mean, and all of them once they are packed."""
        loop = call.loop
        if loop is None or not number:
            return 0, 0
        written = call.get(loop.key) if loop.literal_bytes else None
        given = self._given.items(call) if written is None and not self.items else None
        size = given.size if given else loop.literal_bytes
        if not size:
            return len(str(number)), 0
        item = size // number
        if item <= _NUMBER:  # As short as the numbers that are part of every measured node.
            return item, 0
        return item, given.packed if given else packed_bytes(written)

    def _copies(self, template: Template) -> int:
        """How often the inputs of a call stand there beside its outermost node."""
        if template.retry(self.workflow) is None:
            return 0
        return (self.attempts(template) or 1) if self.worst else 1

    def _unseen(self) -> Count:
        words = _WORKFLOW_IN_POD * self._name + _TEMPLATE_IN_POD * _UNSEEN_TEMPLATE
        return Count(pods=1, raw=_POD + words, ends=1, partial=True)

    def items_of(self, call: Call) -> int:
        """How many items a step or task has; 1 where it is no loop."""
        known = self._known_length(call)
        if known is not None:
            return known
        target = target_of(self.facts, call).template
        return self._length(call, self.template(target) if target else Count())

    def _known_length(self, call: Call) -> int | None:
        """The items that the text or the user tells; None for a loop that is to be guessed."""
        if call.loop is None:
            return 1
        if call.loop.count is not None:
            return call.loop.count
        return self.items or self._given.length(call)

    def _length(self, call: Call, one: Count) -> int:
        known = self._known_length(call)
        # Guesses are not multiplied: a guess around another one adds nothing to it.
        return (1 if one.assumed else ASSUMED_ITEMS) if known is None else known

    def _hooks(self, call: Call, target: Template | None) -> Count:
        """The hooks and the exit handler of a step or task; each of them fires."""
        total = Count()
        for handler in call_handlers(self.facts, call).values():
            self.facts.go_on()
            total += self._refer(self.handler(handler).below(8), 1)
        return total.changed(ends=0)


def name_length(workflow: Workflow) -> int:
    """How long the name of a run is: what the API server or the controller adds included."""
    resource = workflow.resource
    if resource.kind == "CronWorkflow":
        return len(resource.name) + 11  # The minute it is scheduled for, in seconds.
    if resource.kind == "Workflow" and resource.name:
        return len(resource.name)
    return len(resource.generate_name or f"{resource.name}-") + 5


def _written(template: Template, key: str) -> int:
    found = template.get(key, "parameters")
    return json_bytes(found) + 2 * _INDEX * len(found) if isinstance(found, list) and found else 0
