"""What a check is given besides the scope it judges."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from kguard.facts import Assumptions, Facts
from kguard.index import Index
from kguard.model import Severity, Unknown
from kguard.record import record

NOTE, WARNING, ERROR = Severity.NOTE, Severity.WARNING, Severity.ERROR


@record(frozen=False, eq=False)  # The engine sets it anew for every policy.
class Context:
    """The parameters in force and the facts of the run. `severity` is the policy's own."""

    params: Mapping[str, Any]
    facts: Facts
    severity: Severity = Severity.WARNING

    @property
    def index(self) -> Index:
        """Who selects, targets and references whom."""
        return self.facts.index

    @property
    def assume(self) -> Assumptions:
        """What the user said about versions and unseen configuration."""
        return self.facts.assume

    def unknown(self, reason: str) -> Unknown:
        """The answer of a check that lacks context it would need: no finding, but a count."""
        return Unknown(reason)

    def lowered(self, severity: Severity | None = None) -> Severity:
        """One level below a severity (the policy's own by default), never below note."""
        return Severity(max((severity or self.severity) - 1, Severity.NOTE))
