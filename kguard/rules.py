"""The configuration as the engine sees it: which policies hold for a resource, and how."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from kguard.facts.scopes import EACH
from kguard.model import Resource, Severity
from kguard.policy.page import Policy, matches_kind
from kguard.record import record


@record
class Rule:
    """A policy as configured for one resource: its parameters, and a severity the user set."""

    params: Mapping[str, Any]
    severity: Severity | None = None


Table = Mapping[str, Rule]
"""The rules in force somewhere, by the ids of their policies; those that are off are not there."""

Rules = Callable[[Resource], Table]
"""The rules for a resource.

Where the same rules hold, it answers with the same table again: what follows from a table is worked
out once.
"""


def as_written(policies: Iterable[Policy]) -> Rules:
    """Rules without configuration: every policy with the parameters of its page."""
    table = {policy.id: Rule(policy.defaults) for policy in policies}
    return lambda resource: table


def judges(policy: Policy, group: str, kind: str) -> bool:
    """Whether a policy looks at objects of a kind, and so whether it may find something in one."""
    kinds = EACH[policy.each].kinds
    return (kinds is None or (group, kind) in kinds) and matches_kind(policy, kind)
