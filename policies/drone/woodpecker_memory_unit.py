"""See woodpecker_memory_unit.md."""

from __future__ import annotations

from collections.abc import Iterator

from kguard.facts.drone.woodpecker import RESOURCES, WorkflowStep
from kguard.facts.pods import quantity
from kguard.facts.quantities import few_bytes, suffix_meant
from kguard.model import Fault
from kguard.policy.context import ERROR, WARNING, Context
from kguard.quantity.quantities import parse_quantity


def check(step: WorkflowStep, ctx: Context) -> Iterator[Fault]:
    """Yield a fault for each memory amount above zero and below `min_memory`."""
    least = parse_quantity(ctx.params["min_memory"])
    for section, severity in (("limits", ERROR), ("requests", WARNING)):
        text = step.amount(section, "memory")
        value = quantity(text)
        if value is None or not 0 < value < least:
            continue
        yield step.fault(
            (*RESOURCES, section, "memory"),
            f"memory {section.rstrip('s')} `{text}` of {step.called} is {few_bytes(value)}",
            severity=severity,
            help=suffix_meant(text, section),
        )
