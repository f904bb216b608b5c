"""What a review comes to: every finding with its effect, and whether the request may pass."""

from __future__ import annotations

from collections.abc import Iterable
from enum import IntEnum

from kguard.model import Finding, Route, named_route
from kguard.record import field, record
from kguard.term import safe
from kguard.webhook.exceptions import Exemption
from kguard.webhook.masking import Mask
from kguard.webhook.request import Request
from kguard.webhook.stances import Mode

REPLACED = "made by a controller"
"""Why a finding does less than its mode says: the object repeats one that was judged itself."""


class Effect(IntEnum):
    """What one finding does to the request, from nothing to a refusal."""

    EXCEPTED = 0
    AUDITED = 1
    WARNED = 2
    DENIED = 3

    @property
    def word(self) -> str:
        """The lower-case word for logs, metrics and annotations."""
        return self._name_.lower()


@record(eq=False)
class Judged:
    """A finding, what it does, and why it does less than its mode says.

    `exemption` is the exception in force that covers it; `ended` says so of one that is over.
    `reason` is what an exception or annotation gives as its own, as its author wrote it.
    """

    finding: Finding
    mode: Mode
    effect: Effect
    why: str = ""
    exemption: Exemption | None = None
    ended: str = ""
    reason: str = ""

    @property
    def route(self) -> str:
        """The place in the object, as people write it."""
        return named_route(self.finding.resource.data, self.finding.route)


@record(frozen=False, eq=False)
class Decision:
    """The answer to a request before it is put into words.

    `skipped` says why the object was not judged at all. `unanswered` are the policies that could
    not be evaluated, with the reason; `refusing` those of them that deny for it. `crashes` are the
    exceptions behind them, for the log.
    """

    request: Request
    revision: str
    skipped: str = ""
    judged: list[Judged] = field(default_factory=list, init=False)
    unanswered: dict[str, str] = field(default_factory=dict)
    refusing: list[str] = field(default_factory=list)
    crashes: list[Exception] = field(default_factory=list)
    _mask: Mask | None = None
    _having: dict[Effect, list[Judged]] = field(default_factory=dict, init=False, repr=False)

    def add(self, judged: Iterable[Judged]) -> None:
        """More findings, behind those there are."""
        for each in judged:
            self.judged.append(each)
            self._having.setdefault(each.effect, []).append(each)

    @property
    def allowed(self) -> bool:
        """Whether the request may pass."""
        return not self.refusing and Effect.DENIED not in self._having

    @property
    def word(self) -> str:
        """The decision in one word."""
        if not self.allowed:
            return "denied"
        if self.skipped:
            return "skipped"
        return "warned" if self.unanswered or Effect.WARNED in self._having else "allowed"

    def message(self, finding: Finding) -> str:
        """What a finding says, without control characters and without secrets of the object."""
        return safe(self._masked()(finding.message, self._own_route(finding)))

    def place(self, judged: Judged) -> str:
        """Where a finding is, as people write it, kept clean in the same way."""
        return safe(self._masked().place(judged.route, self._own_route(judged.finding)))

    def _masked(self) -> Mask:
        if self._mask is None:
            self._mask = Mask(self.request.object or {}, backticks=self.request.backticks)
        return self._mask

    def _own_route(self, finding: Finding) -> Route:
        """The route of a finding in the object under review, the empty one for any other."""
        return finding.route if finding.resource.data is self.request.object else ()

    def having(self, effect: Effect) -> list[Judged]:
        """The findings with an effect, the worst first, else in the order they were found in."""
        found = self._having.get(effect, [])
        return sorted(found, key=lambda each: -each.finding.severity) if len(found) > 1 else found
