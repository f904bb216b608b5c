"""Which policies look at an object: by its kind, by what it sets, by what stands beside it."""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping
from typing import Any

from kguard.facts import Facts
from kguard.facts.scopes import EACH
from kguard.model import Resource, Severity
from kguard.policy.page import Policy
from kguard.record import record
from kguard.rules import Rule, Table, judges

_MOST = 1000
"""How many plans are remembered, and how many selections of all of them: of these, some 4 KB each,
whoever sends a server objects with fields in every combination could have it keep any number."""

_ANY = "?"
"""The group or kind of all that no policy asks for."""

_WHOLE = ("pod", "workload")
"""The parts that every object with fields has."""


@record(eq=False)
class Asked:
    """A policy under a rule, with what of both a check is asked with."""

    id: str
    policy: Policy
    rule: Rule
    params: Mapping[str, Any]
    severity: Severity


@record(eq=False)
class Part:
    """The policies to ask about the same parts of an object, and their ids.

    `verdicts` are those and the ids of the policies that can find nothing in any such part: where
    there is one, these have come to a verdict unasked. What an object has no part for has none.
    """

    each: str
    asked: list[Asked]
    ids: list[str]
    verdicts: frozenset[str]


class Plan:
    """What an object of a kind is judged by under a table, by the part of it that is looked at.

    The table is kept, so that its id() is no other's as long as plans are found by that.
    """

    __slots__ = ("_beside", "_fields", "_known", "_parts", "_table")

    def __init__(self, table: Table, parts: Iterable[Part], known: _Known) -> None:
        """`known` remembers what fits which object, for all plans together."""
        self._table, self._parts, self._known = table, list(parts), known
        policies = [one.policy for part in self._parts for one in part.asked]
        self._fields = frozenset(name for each in policies for name in each.fields)
        self._beside = frozenset(kind for each in policies for kind in each.beside)

    def fitting(
        self, facts: Facts, resource: Resource, only: Container[str] | None = None
    ) -> tuple[list[Part], list[str]]:
        """The policies to ask about an object, and the ids of those with a verdict before that.

        They can find nothing there, for want of a field they look at or of an object beside it, and
        nobody is asked about their part of the object. Where `only` some are to be asked, no others
        count.
        """
        parts, settled = self._fit(facts, resource)
        if only is None:
            return parts, settled
        chosen = [_part(part.each, [one for one in part.asked if one.id in only]) for part in parts]
        return chosen, [policy for policy in settled if policy in only]

    def _fit(self, facts: Facts, resource: Resource) -> tuple[list[Part], list[str]]:
        if not self._fields and not self._beside:
            return self._parts, []
        try:
            fields = facts.fields(resource)
        except Exception:  # Which policies that costs is found when they are asked.
            fields = None
        if fields is None:
            return self._parts, []
        present = (self._fields & fields) | facts.index.beside(resource, self._beside)
        found = self._known.get((self, present))
        if found is None:
            if len(self._known) >= _MOST:
                self._known.clear()
            found = self._known[self, present] = self._chosen(present)
        return found

    def _chosen(self, present: frozenset[object]) -> tuple[list[Part], list[str]]:
        parts: list[Part] = []
        settled: list[str] = []
        for part in self._parts:
            asked = [one for one in part.asked if _may_find(one.policy, present)]
            if len(asked) == len(part.asked):
                parts.append(part)
            elif asked:
                parts.append(_part(part.each, asked, part.verdicts))
            elif part.each in _WHOLE:
                settled += part.ids
        return parts, settled


_Known = dict[tuple[Plan, frozenset[object]], tuple[list[Part], list[str]]]


class Plans:
    """The plans for all kinds and tables, each worked out once."""

    def __init__(self, policies: Iterable[Policy]) -> None:
        self._policies = list(policies)
        self._kinds = {kind for each in EACH.values() for kind in each.kinds or ()}
        self._names = {name for policy in self._policies for name in policy.kinds}
        self._plans: dict[tuple[str, str, int], Plan] = {}
        self._known: _Known = {}

    def of(self, resource: Resource, table: Table) -> Plan:
        """What an object is judged by under a table."""
        group, kind = resource.group, resource.kind
        if (group, kind) not in self._kinds:
            # A server can be asked about any number of invented ones, which are all alike.
            group, kind = _ANY, kind if kind in self._names else _ANY
        key = (group, kind, id(table))
        found = self._plans.get(key)
        if found is None:
            parts: dict[str, list[Asked]] = {}
            for policy in self._policies:
                rule = table.get(policy.id)
                if rule is not None and judges(policy, group, kind):
                    asked = Asked(policy.id, policy, rule, rule.params, policy.severity)
                    parts.setdefault(policy.each, []).append(asked)
            found = Plan(table, [_part(*part) for part in parts.items()], self._known)
            if len(self._plans) >= _MOST:
                self._plans.clear()
            self._plans[key] = found
        return found


def _may_find(policy: Policy, present: frozenset[object]) -> bool:
    """Whether a policy can find something where these fields are set and these kinds are beside."""
    wanted = (policy.fields, policy.beside)
    return all(not any_of or not present.isdisjoint(any_of) for any_of in wanted)


def _part(each: str, asked: list[Asked], verdicts: Iterable[str] = ()) -> Part:
    """A part with the policies to ask; theirs are verdicts anyway."""
    ids = [one.id for one in asked]
    return Part(each, asked, ids, frozenset([*ids, *verdicts]))
