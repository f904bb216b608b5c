"""Run policies over resources. Pure: no files, no lines, no network."""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable, Iterator, Mapping, Sequence
from time import perf_counter

from kguard.facts import Expired, Expiry, Facts
from kguard.facts.scopes import EACH
from kguard.model import Fault, Finding, Fix, Related, Resource, Scope, Severity, Unknown
from kguard.plan import Part, Plans
from kguard.policy.context import Context
from kguard.policy.page import Check, PageError, Policy
from kguard.record import field, record, replace
from kguard.rules import Rule, Rules, as_written
from kguard.words import within_limits


@record
class Crash:
    """A check that raised: a bug in the policy, which costs its own answer and no other."""

    policy: str
    resource: Resource
    error: Exception
    unanswered: tuple[str, ...] = ()
    """The ids of the policies that have no answer for it."""


@record(frozen=False)
class Outcome:
    """What a run found, what it could not know, and which policies came to a verdict where.

    `unfinished` are the policies that a run given too little time did not ask to the end, and those
    that had more to say of an object than the engine takes.
    """

    findings: list[Finding] = field(default_factory=list)
    unknown: dict[tuple[str, str], int] = field(default_factory=dict)
    crashes: list[Crash] = field(default_factory=list)
    judged: dict[int, set[str]] = field(default_factory=dict)
    """The policies that came to a verdict, by the id() of the resource: for ignores that are no
    longer used."""
    unfinished: dict[str, None] = field(default_factory=dict)


Took = Callable[[str, float], None]
"""Is told the id of a policy and the seconds its check ran."""

_BATCH = 8
"""How many times at most a policy judges a part of an object between two looks at the clock."""

_ANSWERS = 64
"""How many answers of a policy at most are taken between two looks at the clock."""


def run(
    policies: Iterable[Policy],
    resources: Iterable[Resource],
    facts: Facts,
    rules: Rules | None = None,
) -> Outcome:
    """Judge every resource that is not mere context by every policy that applies to it.

    Without `rules` the policies are as their pages say.
    """
    policies = list(policies)
    return Engine(policies).run(resources, facts, rules or as_written(policies))


def _never(needed: float = 0.0) -> bool:
    return False


class _Taking:
    """Takes the answers of a policy about an object, while there is time and so many of a kind.

    Of each severity as many, so that a crowd of the lesser cannot hide one of the worse.
    """

    __slots__ = (
        "_expired",
        "_kept",
        "_most",
        "answers",
        "certain",
        "found",
        "incomplete",
        "unknown",
    )

    def __init__(self, expired: Expiry, most: int | None, unknown: dict[tuple[str, str], int]):
        self._expired, self._most = expired, most
        self.found: list[Finding] = []
        self.unknown = unknown
        self.begin()

    def begin(self) -> None:
        """The next policy: nothing is taken yet."""
        self.answers = 0
        self._kept: dict[Severity | None, int] = {}
        self.certain = True
        """Whether the policy has come to a verdict on all it was asked about."""
        self.incomplete = False
        """Whether an error was left out."""

    def take(self, policy: Policy, rule: Rule, answer: Fault | Unknown) -> None:
        """Keep an answer where there is room for it; raises Expired."""
        self.answers += 1
        if not self.answers % _ANSWERS and self._expired():
            raise Expired
        if isinstance(answer, Unknown):
            self.certain = False
            if self._room(None):
                key = policy.id, within_limits(answer.reason)
                self.unknown[key] = self.unknown.get(key, 0) + 1
            return
        severity = rule.severity or answer.severity or policy.severity
        if self._room(severity):
            self.found.append(_finding(policy, severity, answer))

    def _room(self, severity: Severity | None) -> bool:
        """Whether one more of a severity is kept, None for what is no verdict."""
        if self._most is None:
            return True
        kept = self._kept[severity] = self._kept.get(severity, 0) + 1
        if kept > self._most:
            self.incomplete |= severity is Severity.ERROR
            return False
        return True


class Engine:
    """Policies made ready to judge, for one run or for many by several threads.

    Which policies apply to a kind is worked out once per table; checks load on first use. `most`
    findings of each severity are kept of a policy about an object, where that is given: one with
    more errors is unfinished there. A server needs it, whose objects may be made to have a million
    faults.
    """

    def __init__(self, policies: Iterable[Policy], most: int | None = None) -> None:
        self._most = most
        self._policies = [policy for policy in policies if policy.has_check]
        self._plans = Plans(self._policies)
        self._checks: dict[str, Check] = {}
        self._superseded = {policy.id: policy.supersedes for policy in self._policies}

    def run(
        self,
        resources: Iterable[Resource],
        facts: Facts,
        rules: Rules,
        expired: Expiry = _never,
        took: Took | None = None,
        only: Container[str] | None = None,
    ) -> Outcome:
        """Judge every resource that is not mere context by every policy that applies to it.

        `expired` is asked after every few parts of an object that a policy has judged, and after so
        many of its answers; from its first yes on, policies go unasked. `took` is told how long
        each check ran. `only` some policies are asked, where given.
        """
        outcome = Outcome()
        for resource in resources:
            if not resource.context:
                plan = self._plans.of(resource, rules(resource))
                parts, settled = plan.fitting(facts, resource, only)
                if settled:
                    outcome.judged.setdefault(id(resource), set()).update(settled)
                self._judge(resource, facts, parts, expired, took, outcome)
        return outcome

    def load(self) -> None:
        """Load every check now; raises PageError for a module without one."""
        for policy in self._policies:
            self._check(policy)

    def _check(self, policy: Policy) -> Check:
        if policy.id not in self._checks:
            self._checks[policy.id] = policy.load_check()
        return self._checks[policy.id]

    def _judge(
        self,
        resource: Resource,
        facts: Facts,
        parts: Iterable[Part],
        expired: Expiry,
        took: Took | None,
        outcome: Outcome,
    ) -> None:
        taking = _Taking(expired, self._most, outcome.unknown)
        unseen = 0  # Parts judged since the last look at the clock.
        ctx = Context({}, facts)  # One for all: a check is through before the next is asked.
        for part in parts:
            if not part.asked:
                continue
            if expired():
                outcome.unfinished.update(dict.fromkeys(part.ids))
                continue
            try:
                scopes = list(EACH[part.each].scopes(facts, resource))
            except Expired:
                outcome.unfinished.update(dict.fromkeys(part.ids))
                continue
            except Exception as error:
                causes = tuple(part.ids)
                outcome.crashes.append(Crash(f"facts of {part.each}", resource, error, causes))
                continue
            unseen = 0
            if not scopes:  # Nothing to judge: the checks need not even be imported.
                continue
            count = len(scopes)
            undecided: list[str] = []
            for asked in part.asked:
                began = perf_counter() if took else 0.0
                try:
                    check = self._checks.get(asked.id) or self._check(asked.policy)
                    ctx.params, ctx.severity = asked.params, asked.severity
                    if taking.answers:  # Most policies have none.
                        taking.begin()
                    unseen += count
                    if unseen > _BATCH:
                        if expired():
                            raise Expired
                        unseen = count
                    # A workload may have thousands of containers.
                    for scope in scopes if count <= _BATCH else _in_time(scopes, expired):
                        for answer in check(scope, ctx) or ():
                            taking.take(asked.policy, asked.rule, answer)
                    if taking.incomplete:
                        outcome.unfinished.setdefault(asked.id)
                        undecided.append(asked.id)
                    elif not taking.certain:
                        undecided.append(asked.id)
                except Expired:
                    unseen = _BATCH
                    outcome.unfinished.setdefault(asked.id)
                    undecided.append(asked.id)
                except PageError:  # Not a check that fails on an object: there is none.
                    raise
                except Exception as error:  # A broken check must not hide the others' findings.
                    outcome.crashes.append(Crash(asked.id, resource, error, (asked.id,)))
                    undecided.append(asked.id)
                if took:
                    took(asked.id, perf_counter() - began)
            if judged := part.verdicts.difference(undecided):
                outcome.judged.setdefault(id(scopes[-1].resource), set()).update(judged)
        outcome.findings += _without_superseded(taking.found, self._superseded)


def _in_time(scopes: Sequence[Scope], expired: Expiry) -> Iterator[Scope]:
    """The scopes, with looks at the clock in between; raises Expired."""
    for number, scope in enumerate(scopes):
        if number % _BATCH == 0 and expired():
            raise Expired
        yield scope


def _finding(policy: Policy, severity: Severity, fault: Fault) -> Finding:
    return Finding(
        policy=policy.id,
        severity=severity,
        confidence=fault.confidence or policy.confidence,
        message=within_limits(fault.message),
        resource=fault.resource,
        route=fault.route,
        help=within_limits(fault.help),
        related=tuple(map(_related, fault.related)),
        hidden=fault.hidden,
        at_key=fault.at_key,
        line=fault.line,
        # What stands in another object is left alone: mostly it is a text, which has no routes.
        fix=None if fault.resource.embedded or _inside_text(fault) else _fix(fault.fix),
    )


def _related(place: Related) -> Related:
    label = within_limits(place.label)
    return place if label == place.label else replace(place, label=label)


def _fix(fix: Fix | None) -> Fix | None:
    title = within_limits(fix.title) if fix else ""
    return fix if fix is None or title == fix.title else replace(fix, title=title)


def _inside_text(fault: Fault) -> bool:
    """Whether a fix would change something in a text that stands in the object."""
    edits = fault.fix.edits if fault.fix else ()
    return any("podSpecPatch" in edit.route[:-1] for edit in edits)


def _without_superseded(
    found: list[Finding], superseded: Mapping[str, Sequence[str]]
) -> list[Finding]:
    """Drop findings that a more telling policy explains at the same place."""
    silenced = {
        (id(finding.resource), finding.route, other)
        for finding in found
        for other in superseded[finding.policy]
    }
    if not silenced:
        return found
    return [f for f in found if (id(f.resource), f.route, f.policy) not in silenced]
