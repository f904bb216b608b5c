"""Which quotas of its namespace hold a run's pods back.

Source: kubernetes pkg/quota/v1/evaluator/core/pods.go; argo-workflows util/errors (a pod that
exceeds a quota is tried again later).
"""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from typing import Any

from kguard.facts.forecast.pods import Load
from kguard.facts.pods import quantity
from kguard.facts.run import Facts
from kguard.model import Resource, Scope, dig
from kguard.quantity.quantities import rough
from kguard.record import record


@record
class Shortage:
    """A hard limit that the pods at once are above; `share` of them fit into it."""

    quota: Scope
    name: str
    hard: Any
    share: float


def shortages(facts: Facts, near: Resource, load: Load) -> Iterator[Shortage]:
    """The limits of quotas without scopes that are too small for a load."""
    asked = {
        "pods": Fraction(load.pods),
        "count/pods": Fraction(load.pods),
        "cpu": Fraction(load.cpu, 1000),
        "requests.cpu": Fraction(load.cpu, 1000),
        "memory": Fraction(load.memory),
        "requests.memory": Fraction(load.memory),
    }
    for quota in facts.index.of_kind(near, "", "ResourceQuota"):
        if dig(quota.data, "spec", "scopes") or dig(quota.data, "spec", "scopeSelector"):
            continue
        for name, amount in asked.items():
            hard = dig(quota.data, "spec", "hard", name)
            value = quantity(hard) if hard is not None else None
            if value is not None and amount > value >= 0:
                scope = Scope(quota, (), quota.data)
                yield Shortage(scope, name, hard, rough(value / amount))
