"""Run policies over resources. Pure: no files, no lines, no network."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from time import perf_counter
from typing import Any

from kguard.facts import Expired, Facts
from kguard.facts.scopes import EACH
from kguard.model import Fault, Finding, Resource, Scope, Severity, Unknown
from kguard.policy.context import Context
from kguard.policy.page import Check, Policy, matches_kind
from kguard.record import field, record


@record
class Rule:
    """A policy as configured for one resource: its parameters, and a severity the user set."""

    params: Mapping[str, Any]
    severity: Severity | None = None


Rules = Callable[[Policy, Resource], "Rule | None"]
"""The configuration as the engine sees it: the rule for a policy there, None where it is off."""


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

    `unfinished` are the policies that a run given too little time did not ask.
    """

    findings: list[Finding] = field(default_factory=list)
    unknown: Counter[tuple[str, str]] = field(default_factory=Counter)
    crashes: list[Crash] = field(default_factory=list)
    judged: set[tuple[str, int]] = field(default_factory=set)
    """(policy id, id() of the resource) of every verdict, for ignores that are no longer used."""
    unfinished: dict[str, None] = field(default_factory=dict)


Took = Callable[[str, float], None]
"""Is told the id of a policy and the seconds its check ran."""

_MOST_KINDS = 1000
"""How many kinds are remembered: a server can be asked about any number of invented ones."""


def as_written(policy: Policy, resource: Resource) -> Rule:
    """Rules without configuration: every policy with the parameters of its page."""
    return Rule(policy.defaults)


def run(
    policies: Iterable[Policy],
    resources: Iterable[Resource],
    facts: Facts,
    rules: Rules = as_written,
) -> Outcome:
    """Judge every resource that is not mere context by every policy that applies to it."""
    return Engine(policies).run(resources, facts, rules)


def _never() -> bool:
    return False


class Engine:
    """Policies made ready to judge, for one run or for many by several threads.

    Which policies apply to a kind is worked out once per kind; checks load on first use.
    """

    def __init__(self, policies: Iterable[Policy]) -> None:
        self._policies = [policy for policy in policies if policy.has_check]
        self._by_kind: dict[tuple[str, str], dict[str, list[Policy]]] = {}
        self._checks: dict[str, Check] = {}
        self._superseding = [policy for policy in self._policies if policy.supersedes]

    def run(
        self,
        resources: Iterable[Resource],
        facts: Facts,
        rules: Rules = as_written,
        expired: Callable[[], bool] = _never,
        took: Took | None = None,
    ) -> Outcome:
        """Judge every resource that is not mere context by every policy that applies to it.

        `expired` is asked before each part of an object that a policy judges; from its first yes
        on, policies go unasked. `took` is told how long each check ran.
        """
        outcome = Outcome()
        for resource in resources:
            if not resource.context:
                self._judge(resource, facts, rules, expired, took, outcome)
        return outcome

    def load(self) -> None:
        """Load every check now; raises PageError for a module without one."""
        for policy in self._policies:
            self._check(policy)

    def _for_kind(self, group: str, kind: str) -> dict[str, list[Policy]]:
        """The policies for a kind, grouped by the part of the object they look at."""
        found = self._by_kind.get((group, kind))
        if found is None:
            found = {}
            for policy in self._policies:
                kinds = EACH[policy.each].kinds
                if (kinds is None or (group, kind) in kinds) and matches_kind(policy, kind):
                    found.setdefault(policy.each, []).append(policy)
            if len(self._by_kind) < _MOST_KINDS:
                self._by_kind[group, kind] = found
        return found

    def _check(self, policy: Policy) -> Check:
        if policy.id not in self._checks:
            self._checks[policy.id] = policy.load_check()
        return self._checks[policy.id]

    def _judge(
        self,
        resource: Resource,
        facts: Facts,
        rules: Rules,
        expired: Callable[[], bool],
        took: Took | None,
        outcome: Outcome,
    ) -> None:
        found: list[Finding] = []
        for each, policies in self._for_kind(resource.group, resource.kind).items():
            active = [(p, rule) for p in policies if (rule := rules(p, resource)) is not None]
            if not active:
                continue
            if expired():
                outcome.unfinished.update(dict.fromkeys(policy.id for policy, _ in active))
                continue
            try:
                scopes = list(EACH[each].scopes(facts, resource))
            except Expired:
                outcome.unfinished.update(dict.fromkeys(policy.id for policy, _ in active))
                continue
            except Exception as error:
                causes = tuple(policy.id for policy, _ in active)
                outcome.crashes.append(Crash(f"facts of {each}", resource, error, causes))
                continue
            if not scopes:  # Nothing to judge: the checks need not even be imported.
                continue
            for policy, rule in active:
                began = perf_counter() if took else 0.0
                try:
                    found += _ask(
                        policy, rule, scopes, self._check(policy), facts, expired, outcome
                    )
                except Expired:
                    outcome.unfinished.setdefault(policy.id)
                except Exception as error:  # A broken check must not hide the others' findings.
                    outcome.crashes.append(Crash(policy.id, resource, error, (policy.id,)))
                if took:
                    took(policy.id, perf_counter() - began)
        outcome.findings += _without_superseded(found, self._superseding)


def _ask(
    policy: Policy,
    rule: Rule,
    scopes: Iterable[Scope],
    check: Check,
    facts: Facts,
    expired: Callable[[], bool],
    outcome: Outcome,
) -> Iterable[Finding]:
    ctx = Context(rule.params, facts, policy.severity)
    judged: Resource | None = None
    abstained = False
    for scope in scopes:
        if expired():  # A workload may have thousands of containers.
            outcome.unfinished.setdefault(policy.id)
            return
        judged = scope.resource
        for answer in check(scope, ctx) or ():
            if isinstance(answer, Unknown):
                outcome.unknown[policy.id, answer.reason] += 1
                abstained = True
            else:
                yield _finding(policy, rule, answer)
    if judged is not None and not abstained:
        outcome.judged.add((policy.id, id(judged)))


def _finding(policy: Policy, rule: Rule, fault: Fault) -> Finding:
    return Finding(
        policy=policy.id,
        severity=rule.severity or fault.severity or policy.severity,
        confidence=fault.confidence or policy.confidence,
        message=fault.message,
        resource=fault.resource,
        route=fault.route,
        help=fault.help,
        related=fault.related,
        # What stands as a text in another object cannot be edited by routes.
        fix=None if fault.resource.embedded or _inside_text(fault) else fault.fix,
    )


def _inside_text(fault: Fault) -> bool:
    """Whether a fix would change something in a text that stands in the object."""
    edits = fault.fix.edits if fault.fix else ()
    return any("podSpecPatch" in edit.route[:-1] for edit in edits)


def _without_superseded(found: list[Finding], superseding: list[Policy]) -> list[Finding]:
    """Drop findings that a more telling policy explains at the same place."""
    if len(found) < 2 or not superseding:
        return found
    silenced = {
        (id(finding.resource), finding.route, other)
        for policy in superseding
        for finding in found
        if finding.policy == policy.id
        for other in policy.supersedes
    }
    return [f for f in found if (id(f.resource), f.route, f.policy) not in silenced]
