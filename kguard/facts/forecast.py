"""What one run of a workflow comes to: nodes, pods, and the bytes its status takes.

Node counts follow argo-workflows workflow/controller/steps.go, dag.go, container_set_template.go
and operator.go. Bytes were measured on status nodes in the shape of v4.1: JSON as the controller
writes it, and after gzip and base64 as workflow/packer/packer.go stores it.
"""

from __future__ import annotations

from kguard.facts.argo import Workflow
from kguard.facts.argo_templates import (
    Call,
    Loop,
    Template,
    calls_of,
    named_template,
    target_of,
)
from kguard.facts.run import Facts
from kguard.facts.sizes import json_bytes, literal_bytes
from kguard.model import dig
from kguard.record import record, replace

MAX_DEPTH = 100
"""How deep templates may call each other (controller.go, maxAllowedStackDepth)."""

ASSUMED_ITEMS = 100
"""Items of a loop whose length only a run can tell."""

EXPECTED_ITEMS = "kguard.dev/expected-items"
"""The annotation on the object that says how many items such loops have."""

# Bytes per node, measured: a pod with the two references to it in its parents, the retry node
# above it, and every other node.
_POD_RAW, _RETRY_RAW, _OTHER_RAW = 947, 926, 450
_POD_PACKED, _RETRY_PACKED, _OTHER_PACKED = 114, 46, 54
# Random bytes shrink by gzip's coding alone, and base64 makes four bytes of three.
_LITERAL_PACKED = 0.95
# What gzip remembers: a text that comes again within it costs next to nothing.
_WINDOW = 32 * 1024
# status.taskResultsCompletionStatus: one entry per pod, neither packed nor offloaded.
_COMPLETION = 45


@record
class Count:
    """Nodes of a part of a run. `literals` are the bytes of inputs in the nodes, all and unlike."""

    pods: int = 0
    retries: int = 0
    others: int = 0
    literals: int = 0
    unlike_literals: int = 0
    assumed: bool = False
    """Whether a loop of unknown length is among them."""
    partial: bool = False
    """Whether templates that were not seen are among them, counted as one pod each."""

    @property
    def nodes(self) -> int:
        """Entries of status.nodes."""
        return self.pods + self.retries + self.others

    def __add__(self, other: Count) -> Count:
        return Count(
            self.pods + other.pods,
            self.retries + other.retries,
            self.others + other.others,
            self.literals + other.literals,
            self.unlike_literals + other.unlike_literals,
            self.assumed or other.assumed,
            self.partial or other.partial,
        )

    def times(self, number: int) -> Count:
        """So many of them, with the same inputs."""
        return replace(
            self,
            pods=self.pods * number,
            retries=self.retries * number,
            others=self.others * number,
            literals=self.literals * number,
            unlike_literals=self.unlike_literals * number,
        )


@record
class Forecast:
    """A run in which every step runs once and nothing is retried, in nodes and bytes."""

    count: Count
    spec: int
    """Bytes of specification in the object: its own and the stored copy of a referenced one."""

    @property
    def raw(self) -> int:
        """Bytes of status.nodes before they are packed."""
        count = self.count
        nodes = count.pods * _POD_RAW + count.retries * _RETRY_RAW + count.others * _OTHER_RAW
        return nodes + count.literals

    @property
    def packed(self) -> int:
        """Bytes of status.compressedNodes."""
        count = self.count
        nodes = count.pods * _POD_PACKED + count.retries * _RETRY_PACKED
        nodes += count.others * _OTHER_PACKED
        return nodes + int(count.unlike_literals * _LITERAL_PACKED)

    @property
    def completion(self) -> int:
        """Bytes of status.taskResultsCompletionStatus."""
        return self.count.pods * _COMPLETION

    @property
    def fixed(self) -> int:
        """Bytes that are neither packed nor offloaded: the specification, and 45 per pod."""
        return self.spec + self.completion


def forecast_of(facts: Facts, workflow: Workflow) -> Forecast | None:
    """The forecast of an object that can run; None for libraries and where nothing is known."""
    start = named_template(facts, workflow, workflow.value("entrypoint"))
    if workflow.library or start.template is None:
        return None
    counter = _Counter(facts, workflow)
    count = counter.template(start.template)
    handler = named_template(facts, workflow, workflow.value("onExit"))
    if handler.template is not None:
        count += counter.template(handler.template)
    return Forecast(count, sum(json_bytes(layer.data) for layer in workflow.layers[:2]))


class _Counter:
    """Counts the nodes below templates, each template once."""

    def __init__(self, facts: Facts, workflow: Workflow) -> None:
        self.facts = facts
        self.workflow = workflow
        self.known: dict[int, Count] = {}
        self.open: set[int] = set()
        self.expected = expected_items(workflow)

    def template(self, template: Template) -> Count:
        """The nodes of one call of a template."""
        key = id(template.data)
        if key in self.open or len(self.open) > MAX_DEPTH:
            # A recursion: how often it comes round is decided by its conditions.
            return Count(others=1)
        if key not in self.known:
            self.open.add(key)
            self.known[key] = self._with_retry(template, self._body(template))
            self.open.discard(key)
        return self.known[key]

    def _body(self, template: Template) -> Count:
        if template.kind == "containerSet":
            members = template.get("containerSet", "containers")
            return Count(pods=1, others=len(members) if isinstance(members, list) else 0)
        if template.kind not in ("steps", "dag"):
            return Count(pods=1) if template.runs_pod else Count(others=1)
        total = Count(others=1)
        if template.kind == "steps":
            groups = template.get("steps")
            total += Count(others=len(groups) if isinstance(groups, list) else 0)
        for call in calls_of(self.facts, template):
            total += self._call(call)
        return total

    def _with_retry(self, template: Template, body: Count) -> Count:
        return body + Count(retries=1) if template.retry(self.workflow) is not None else body

    def _call(self, call: Call) -> Count:
        target = target_of(self.facts, call).template
        one = self.template(target) if target else Count(pods=1, partial=True)
        parameters = call.get("arguments", "parameters")
        given = parameters if isinstance(parameters, list) else ()
        literals = sum(literal_bytes(dig(item, "value")) for item in given)
        copies = 2 if target is not None and target.retry(self.workflow) is not None else 1
        loop = call.loop
        number, assumed = 1, False
        if loop is not None:
            assumed = loop.count is None and not self.expected
            number = self._items(loop, one)
        unlike = literals * number if literals > _WINDOW else literals
        unlike += loop.literal_bytes if loop else 0
        total = one.times(number) + Count(
            others=1 if loop and call.task else 0,
            literals=copies * (literals * number + (loop.literal_bytes if loop else 0)),
            unlike_literals=unlike,
            assumed=assumed,
        )
        return total + self._exit(call).times(number)

    def _items(self, loop: Loop, one: Count) -> int:
        if loop.count is not None:
            return loop.count
        # Guesses are not multiplied: a guess around another one adds nothing to it.
        return self.expected or (1 if one.assumed else ASSUMED_ITEMS)

    def _exit(self, call: Call) -> Count:
        """The exit handler of a step or task, written either way."""
        name = call.get("hooks", "exit", "template", default=call.get("onExit"))
        handler = named_template(self.facts, call.template.workflow, name).template
        return self.template(handler) if handler else Count()


def expected_items(workflow: Workflow) -> int:
    """How many items the annotation gives loops of unknown length; 0 where it says nothing."""
    text = str(dig(workflow.resource.data, "metadata", "annotations", EXPECTED_ITEMS, default=""))
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 0
