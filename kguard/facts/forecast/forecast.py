"""What one run of a workflow comes to: its nodes, and the bytes that its status takes.

Bytes are those of status nodes in the shape of v4.1: JSON as the controller writes it, and after
gzip and base64 as workflow/packer/packer.go stores it.
"""

from __future__ import annotations

import math

from kguard.facts.argo.hooks import run_handlers
from kguard.facts.argo.templates import named_template
from kguard.facts.argo.workflow import Workflow
from kguard.facts.forecast.copies import Text
from kguard.facts.forecast.count import Count
from kguard.facts.forecast.nodes import ASSUMED_ITEMS, Counter, name_length
from kguard.facts.forecast.values import LONG
from kguard.facts.run import Facts
from kguard.facts.sizes import json_bytes, packed_bytes
from kguard.model import dig
from kguard.record import record

__all__ = ["ASSUMED_ITEMS", "EXPECTED_ITEMS", "Count", "Forecast", "expected_items", "forecast_of"]

EXPECTED_ITEMS = "kguard.dev/expected-items"
"""The annotation on the object that says how many items such loops have."""

# Bytes of a node once packed, of an id of another one in it, and of an id that many have.
_POD_PACKED, _RETRY_PACKED, _OTHER_PACKED = 84, 76, 48
_REFERENCE_PACKED, _REPEATED_PACKED = 6.5, 1.5
# What no compression saves still becomes base64: four bytes of three.
_UNLIKE_PACKED = 4 / 3
# What gzip remembers: a text that comes again within it is joined with the one before, by
# references to so many bytes each, which take so many themselves.
_WINDOW = 32 * 1024
_MATCH, _MATCH_PACKED = 258, 2.25
# status.taskResultsCompletionStatus: `"<name>-<hash>":true,` per pod, neither packed nor offloaded.
_COMPLETION = 19


@record
class Forecast:
    """A run in nodes and bytes, one that goes well or one that needs every attempt."""

    count: Count
    spec: int
    """Bytes of specification in the object: its own and the stored copies of referenced ones."""
    name: int = 26
    """The length of the run's name."""

    @property
    def raw(self) -> int:
        """Bytes of status.nodes before they are packed."""
        return self.count.raw

    @property
    def packed(self) -> int:
        """Bytes of status.compressedNodes."""
        count = self.count
        nodes = count.pods * _POD_PACKED + count.retries * _RETRY_PACKED
        nodes += count.others * _OTHER_PACKED
        ids = count.references * _REFERENCE_PACKED + count.repeated * _REPEATED_PACKED
        return nodes + int(ids + (count.unlike + _packed_texts(count)) * _UNLIKE_PACKED)

    @property
    def completion(self) -> int:
        """Bytes of status.taskResultsCompletionStatus."""
        return self.count.pods * (_COMPLETION + self.name)

    @property
    def fixed(self) -> int:
        """Bytes that are neither packed nor offloaded: the specification, and 45 per pod."""
        return self.spec + self.completion

    @property
    def stored(self) -> int:
        """Bytes of the object whose nodes are packed."""
        return self.packed + self.fixed


def forecast_of(
    facts: Facts, workflow: Workflow, items: int = 0, *, worst: bool = False
) -> Forecast | None:
    """The forecast of an object that can run; None for libraries and where nothing is known.

    `items` is the length of loops of unknown length, where the object's annotation does not say.
    """
    counter = counter_of(facts, workflow, items, worst=worst)
    count = whole_run(counter)
    if count is None:
        return None
    spec = sum(json_bytes(layer.data) for layer in workflow.layers[:2])
    # Status.StoredTemplates, a copy of each template that a templateRef leads to.
    spec += sum(json_bytes(template.data) for template in counter.stored.values())
    return Forecast(count, spec, name_length(workflow))


def counter_of(
    facts: Facts, workflow: Workflow, items: int = 0, *, worst: bool = False, long: int = LONG
) -> Counter:
    """What counts the nodes of a workflow's templates."""
    return Counter(facts, workflow, expected_items(workflow) or items, worst=worst, long=long)


def whole_run(counter: Counter) -> Count | None:
    """The nodes of the entrypoint and the exit handler together; None where they are unknown."""
    facts, workflow = counter.facts, counter.workflow
    start = named_template(facts, workflow, workflow.value("entrypoint"))
    if workflow.library or start.template is None:
        return None
    name = name_length(workflow)
    count = counter.start(start.template).below(name)
    for handler in run_handlers(facts, workflow).values():
        count += counter.handler(handler).below(name + 7)
    return count


def _packed_texts(count: Count) -> float:
    """The bytes of long inputs after compression, before base64."""
    texts: dict[str, tuple[int, int]] = {}
    for each, number in count.copies.items():
        if isinstance(each, Text):
            texts[each.text] = (each.size, texts.get(each.text, (0, 0))[1] + number)
    total = 0.0
    for text, (size, copies) in texts.items():
        missed = (copies - 1) * _missed(size, count.raw / copies)
        total += packed_bytes(text) * (1 + missed)
        total += (copies - 1 - missed) * size / _MATCH * _MATCH_PACKED
    return total


def _missed(size: int, distance: float) -> float:
    """The share of copies of a text that come too late after another one to be joined with it.

    Nodes are sorted by their hashes, so copies are strewn at random, at that distance in the mean.
    """
    if size >= _WINDOW:
        return 1.0
    return math.exp(-(_WINDOW - size) / max(distance - size, 1.0))


def expected_items(workflow: Workflow) -> int:
    """How many items the annotation gives loops of unknown length; 0 where it says nothing."""
    text = str(dig(workflow.resource.data, "metadata", "annotations", EXPECTED_ITEMS, default=""))
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 0
