"""Which policies run where, and with which parameters: the engine's `Rules`."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from kguard.ignore.globs import matches_name, matches_path
from kguard.model import Resource, Severity
from kguard.policy.page import Policy
from kguard.policy.registry import Registry
from kguard.record import field, record
from kguard.rules import Rule, Rules, Table

PROFILES: Mapping[str, frozenset[str]] = {
    "default": frozenset({"default"}),
    "strict": frozenset({"default", "strict"}),
    "scale": frozenset({"default", "scale"}),
}
"""Which pages' profiles a profile takes in; `all` takes every one."""

_MOST_PLACES = 10_000
"""How many combinations of path, kind and namespace are remembered: a server sees any number."""


@record
class Choice:
    """What one source of settings says about which policies run.

    Selectors are ids, aliases, families or `ALL`. `select` is None where it is not given.
    `local` marks the choice of an override, which holds for some resources only.
    """

    profile: str | None = None
    select: tuple[str, ...] | None = None
    extend: tuple[str, ...] = ()
    deselect: tuple[str, ...] = ()
    local: bool = False


@record
class PolicySettings:
    """What the user sets on one policy: parameters by name, and a severity or None."""

    params: Mapping[str, Any] = field(default_factory=dict)
    severity: Severity | None = None

    def under(self, other: PolicySettings) -> PolicySettings:
        """These settings with those of a narrower scope on top."""
        return PolicySettings({**self.params, **other.params}, other.severity or self.severity)


@record(eq=False)
class Override:
    """Settings for some resources. An empty condition holds for all; the others all must.

    `paths` are globs from the root (see kguard.ignore.globs); `origin` is where it was written.
    """

    choice: Choice
    policies: Mapping[str, PolicySettings]
    paths: tuple[str, ...] = ()
    kinds: frozenset[str] = frozenset()
    namespaces: tuple[str, ...] = ()
    origin: str = ""

    def holds(self, path: str, kind: str, namespace: str | None) -> bool:
        """Whether it holds for an object; no namespace is the empty word, which `*` matches."""
        return (
            (not self.paths or matches_path(self.paths, path))
            and (not self.kinds or kind in self.kinds)
            and (not self.namespaces or matches_name(self.namespaces, namespace or ""))
        )


def selected(choices: Sequence[Choice], registry: Registry) -> frozenset[str]:
    """The ids of the policies that run, given the choices from the weakest to the strongest.

    The last `select` or `profile` decides what to start from. A `select` forgets what weaker
    choices said, except for the policies they take away from some resources: an exception for a
    place stays one. A `profile` replaces weaker ones and keeps what they add and take away.
    """
    start = _last(choices, lambda c: c.select is not None)
    if start < 0 or _last(choices, lambda c: c.profile is not None) > start:
        profile = next((c.profile for c in reversed(choices) if c.profile), "default")
        ids = frozenset(p.id for p in registry.policies.values() if in_profile(p, profile))
        for choice in choices:
            ids = _adjusted(ids, choice.extend, choice.deselect, registry)
        return ids
    first = choices[start]
    ids = _adjusted(frozenset(), (*(first.select or ()), *first.extend), first.deselect, registry)
    if not first.local:
        for choice in choices[:start]:
            if choice.local:
                ids &= _adjusted(ids, choice.extend, choice.deselect, registry)
        # What the strong choice names besides `select` is meant for these resources too.
        ids |= _adjusted(frozenset(), first.extend, first.deselect, registry)
    for choice in choices[start + 1 :]:
        ids = _adjusted(ids, choice.extend, choice.deselect, registry)
    return ids


def _last(choices: Sequence[Choice], test: Callable[[Choice], bool]) -> int:
    return max((i for i, choice in enumerate(choices) if test(choice)), default=-1)


def in_profile(policy: Policy, profile: str) -> bool:
    """Whether a profile takes in a policy."""
    return profile == "all" or policy.profile in PROFILES[profile]


def _adjusted(
    ids: frozenset[str], add: Iterable[str], remove: Iterable[str], registry: Registry
) -> frozenset[str]:
    """The ids with selectors applied: ALL first, then families, then ids; removing wins ties."""
    by_width: list[tuple[set[str], set[str]]] = [(set(), set()) for _ in range(3)]
    for which, selectors in enumerate((add, remove)):
        for selector in selectors:
            by_width[width(selector, registry)][which].update(registry.expand(selector))
    for added, removed in by_width:
        ids = (ids | added) - removed
    return ids


def width(selector: str, registry: Registry) -> int:
    """How narrow a selector is: 0 everything, 1 a family, 2 one policy."""
    if selector in ("ALL", "all"):
        return 0
    return 2 if registry.resolve(selector) else 1


def build_rules(
    weak: Sequence[Choice],
    strong: Sequence[Choice],
    policies: Mapping[str, PolicySettings],
    overrides: Sequence[Override],
    registry: Registry,
) -> Rules:
    """The engine's rules. Overrides come between the weak choices (file) and the strong ones.

    A table is worked out once per combination of overrides, and which of them hold once per path,
    kind and namespace.
    """
    tables: dict[tuple[int, ...], Table] = {}

    def table(active: tuple[int, ...]) -> Table:
        """The rules where exactly these overrides apply."""
        if active not in tables:
            local = [overrides[index] for index in active]
            ids = selected([*weak, *(o.choice for o in local), *strong], registry)
            scopes = [policies, *(o.policies for o in local)]
            tables[active] = {i: _rule(registry.policies[i], scopes) for i in sorted(ids)}
        return tables[active]

    if not overrides:
        everywhere = table(())
        return lambda resource: everywhere

    by_place: dict[tuple[str, str, str | None], Table] = {}

    def rules(resource: Resource) -> Table:
        place = (resource.origin.path, resource.kind, resource.namespace)
        found = by_place.get(place)
        if found is None:
            active = tuple(i for i, override in enumerate(overrides) if override.holds(*place))
            if len(by_place) >= _MOST_PLACES:
                by_place.clear()
            found = by_place[place] = table(active)
        return found

    return rules


def _rule(policy: Policy, scopes: Iterable[Mapping[str, PolicySettings]]) -> Rule:
    settings = PolicySettings()
    for scope in scopes:
        if policy.id in scope:
            settings = settings.under(scope[policy.id])
    return Rule({**policy.defaults, **settings.params}, settings.severity)
