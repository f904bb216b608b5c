"""Run policies over resources. Pure: no files, no lines, no network."""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable, Iterator, Mapping, Sequence
from time import perf_counter
from typing import Any, NamedTuple

from kguard.facts import Expired, Expiry, Facts
from kguard.facts.scopes import EACH
from kguard.model import Fault, Finding, Fix, Related, Resource, Scope, Severity, Unknown
from kguard.policy.context import Context
from kguard.policy.page import Check, PageError, Policy, matches_kind
from kguard.record import field, record, replace
from kguard.words import within_limits


@record
class Rule:
    """A policy as configured for one resource: its parameters, and a severity the user set."""

    params: Mapping[str, Any]
    severity: Severity | None = None


Table = Mapping[str, Rule]
"""The rules in force somewhere, by the ids of their policies; those that are off are not there."""

Rules = Callable[[Resource], Table]
"""The configuration as the engine sees it: the rules for a resource.

Where the same rules hold, it answers with the same table again: what follows from a table is worked
out once.
"""


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

_MOST_PLANS = 1000
"""For how many kinds and tables what judges them is remembered."""

_ANY = "?"
"""The group or kind of all that no policy asks for."""

_BATCH = 8
"""How many times at most a policy judges a part of an object between two looks at the clock."""

_ANSWERS = 64
"""How many answers of a policy at most are taken between two looks at the clock."""


def as_written(policies: Iterable[Policy]) -> Rules:
    """Rules without configuration: every policy with the parameters of its page."""
    table = {policy.id: Rule(policy.defaults) for policy in policies}
    return lambda resource: table


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


def judges(policy: Policy, group: str, kind: str) -> bool:
    """Whether a policy looks at objects of a kind, and so whether it may find something in one."""
    kinds = EACH[policy.each].kinds
    return (kinds is None or (group, kind) in kinds) and matches_kind(policy, kind)


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


class _Asked(NamedTuple):
    """A policy under a rule, with what of both a check is asked with."""

    id: str
    policy: Policy
    rule: Rule
    params: Mapping[str, Any]
    severity: Severity


class _Part(NamedTuple):
    """The policies that look at the same parts of an object, and their ids."""

    each: str
    asked: list[_Asked]
    ids: list[str]


class _Plan:
    """What an object of a kind is judged by under a table, by the part of it that is looked at.

    The table is kept, so that its id() is no other's as long as plans are found by that.
    """

    __slots__ = ("_beside", "_fields", "_fitting", "_parts", "_table")

    def __init__(self, table: Table, parts: Iterable[_Part]) -> None:
        self._table, self._parts = table, list(parts)
        policies = [one.policy for part in self._parts for one in part.asked]
        self._fields = frozenset(name for each in policies for name in each.fields)
        self._beside = frozenset(kind for each in policies for kind in each.beside)
        self._fitting: dict[frozenset[object], tuple[list[_Part], list[str]]] = {}

    def fitting(self, facts: Facts, resource: Resource) -> tuple[list[_Part], list[str]]:
        """The policies to ask about an object, and the ids of those that can find nothing there.

        For want of a field they look at, or of an object beside it.
        """
        if not self._fields and not self._beside:
            return self._parts, []
        try:
            fields = facts.fields(resource)
        except Exception:  # Which policies that costs is found when they are asked.
            fields = None
        if fields is None:
            return self._parts, []
        present = (self._fields & fields) | facts.index.beside(resource, self._beside)
        found = self._fitting.get(present)
        if found is None:
            if len(self._fitting) >= _MOST_PLANS:
                self._fitting.clear()
            found = self._fitting[present] = self._chosen(present)
        return found

    def _chosen(self, present: frozenset[object]) -> tuple[list[_Part], list[str]]:
        asked = {
            one.id
            for part in self._parts
            for one in part.asked
            for policy in (one.policy,)
            if not policy.fields or not present.isdisjoint(policy.fields)
            if not policy.beside or not present.isdisjoint(policy.beside)
        }
        left_out = [name for part in self._parts for name in part.ids if name not in asked]
        parts = [_part(part.each, part.asked, asked) for part in self._parts]
        return [part for part in parts if part.asked], left_out


def _part(each: str, asked: Iterable[_Asked], only: Container[str] | None = None) -> _Part:
    """The policies of a part, `only` some of them, where given."""
    kept = [one for one in asked if only is None or one.id in only]
    return _Part(each, kept, [one.id for one in kept])


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
        self._kinds = {kind for each in EACH.values() for kind in each.kinds or ()}
        self._names = {name for policy in self._policies for name in policy.kinds}
        self._plans: dict[tuple[str, str, int], _Plan] = {}
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
                plan = self._plan(resource.group, resource.kind, rules(resource))
                parts, left_out = plan.fitting(facts, resource)
                if only is not None:
                    parts = [_part(each, asked, only) for each, asked, _ in parts]
                    left_out = [policy for policy in left_out if policy in only]
                if left_out:
                    outcome.judged[id(resource)] = set(left_out)
                self._judge(resource, facts, parts, expired, took, outcome)
        return outcome

    def load(self) -> None:
        """Load every check now; raises PageError for a module without one."""
        for policy in self._policies:
            self._check(policy)

    def _plan(self, group: str, kind: str, table: Table) -> _Plan:
        """What an object of a kind is judged by."""
        if (group, kind) not in self._kinds:
            # A server can be asked about any number of invented ones, which are all alike.
            group, kind = _ANY, kind if kind in self._names else _ANY
        key = (group, kind, id(table))
        found = self._plans.get(key)
        if found is None:
            parts: dict[str, list[_Asked]] = {}
            for policy in self._policies:
                rule = table.get(policy.id)
                if rule is not None and judges(policy, group, kind):
                    asked = _Asked(policy.id, policy, rule, rule.params, policy.severity)
                    parts.setdefault(policy.each, []).append(asked)
            found = _Plan(table, [_part(*part) for part in parts.items()])
            if len(self._plans) >= _MOST_PLANS:
                self._plans.clear()
            self._plans[key] = found
        return found

    def _check(self, policy: Policy) -> Check:
        if policy.id not in self._checks:
            self._checks[policy.id] = policy.load_check()
        return self._checks[policy.id]

    def _judge(
        self,
        resource: Resource,
        facts: Facts,
        parts: Iterable[_Part],
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
            if judged := set(part.ids).difference(undecided):
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
        # What stands as a text in another object cannot be edited by routes.
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
