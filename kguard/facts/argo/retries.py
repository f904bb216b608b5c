"""How often retries run what they are written for.

Source: argo-workflows workflow/controller/operator.go (processNodeRetries, retryStrategy).
"""

from __future__ import annotations

from typing import Any

from kguard.facts.argo.templates import Template, calls_of, target_of
from kguard.facts.quantities import is_placeholder
from kguard.facts.run import Facts

_MOST = 10**6
_DEEPEST = 100  # controller.go, maxAllowedStackDepth


def attempts_below(facts: Facts, template: Template) -> int:
    """How often one pod below a template may run within one attempt of the template."""
    return _most(facts, template, {}, _DEEPEST)


def _most(facts: Facts, template: Template, known: dict[int, int], depth: int) -> int:
    """How often one pod below a template may run within one attempt of the template."""
    if id(template.data) in known or not depth:
        return known.get(id(template.data), 1)
    most = known[id(template.data)] = 1  # For templates that call themselves.
    for call in calls_of(facts, template):
        target = target_of(facts, call).template
        if target is not None:
            below = _most(facts, target, known, depth - 1)
            most = max(most, min(attempts(target.retry()) * below, _MOST))
    known[id(template.data)] = most
    return most


def attempts(strategy: Any) -> int:
    """How often a strategy runs a template at most: 1 + `limit`.

    1 where there is no limit, which is another policy's, or it is filled in later.
    """
    limit = strategy.get("limit") if isinstance(strategy, dict) else None
    if isinstance(limit, str) and not is_placeholder(limit) and limit.isdecimal():
        limit = int(limit[:9])
    return limit + 1 if isinstance(limit, int) and limit > 0 else 1
