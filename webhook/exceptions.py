"""Exceptions: a named policy is let through for one named object, for a reason and for a time."""

from __future__ import annotations

import datetime
from enum import Enum

from kguard.model import Finding, Resource, named_route
from kguard.record import record

LONGEST = datetime.timedelta(days=180)
"""How long an exception may last: what is meant for ever is a setting, not an exception."""

EXPIRING = datetime.timedelta(days=14)

_GENERATED_FROM = 58
"""Characters of a `generateName` that names begin with.

Source: apiserver pkg/storage/names/generate.go.
"""


class State(Enum):
    """Where an exception stands on a day."""

    ACTIVE = "active"
    EXPIRING = "expiring"
    EXPIRED = "expired"
    TOO_LONG = "too-long"


IN_FORCE = frozenset({State.ACTIVE, State.EXPIRING})


@record
class Exemption:
    """One entry of an `exceptions:` list. Every part must match; nothing in it is a pattern.

    `name` and `generate_name` are alternatives. `path` narrows it to one place, as findings name
    it; empty takes in the whole object. The last day counts, in UTC.
    """

    policy: str
    kind: str
    reason: str
    owner: str
    expires: datetime.date
    namespace: str | None = None
    name: str = ""
    generate_name: str = ""
    path: str = ""
    origin: str = ""

    def state(self, today: datetime.date) -> State:
        """Where it stands; an exception that reaches too far ahead has no effect."""
        if self.expires < today:
            return State.EXPIRED
        if self.expires - today > LONGEST:
            return State.TOO_LONG
        return State.EXPIRING if self.expires - today <= EXPIRING else State.ACTIVE

    def covers(self, finding: Finding) -> bool:
        """Whether a finding is what this exception speaks of, whatever the day.

        A finding is covered by one exception as a whole or not at all, so several never add up to
        more than each of them says.
        """
        resource = finding.resource
        return (
            finding.policy == self.policy
            and resource.kind == self.kind
            and resource.namespace == self.namespace
            and self._names(resource)
            and (not self.path or self.path == named_route(resource.data, finding.route))
        )

    def _names(self, resource: Resource) -> bool:
        if self.generate_name:
            # Beside a name of its own an object may claim any `generateName`; it is kept, unused.
            made = self.generate_name[:_GENERATED_FROM]
            named = not resource.name or resource.name.startswith(made)
            return resource.generate_name == self.generate_name and named
        return bool(self.name) and resource.name == self.name

    @property
    def subject(self) -> str:
        """The policy and the object it is for."""
        name = self.name or f"{self.generate_name}…"
        place = f"{self.namespace}/{name}" if self.namespace else name
        return f"{self.policy} for {self.kind} {place}" + (f" at {self.path}" * bool(self.path))

    @property
    def effective(self) -> str:
        """How messages speak of it while it is in force."""
        return f"exception of {self.owner} until {self.expires}"

    def ineffective(self, today: datetime.date) -> str:
        """Why it lets nothing through that day."""
        if self.state(today) is State.TOO_LONG:
            return f"its exception ends more than {LONGEST.days} days ahead"
        return f"its exception ended on {self.expires}"
