"""Objects of Kustomize bases that an overlay patches: what they lack may be added there."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from kguard.inputs.load import Loaded, folder_of
from kguard.model import Resource, Severity
from kguard.record import replace
from kguard.report import Located
from kguard.rules import Rule, Rules, Table
from kguard.words import counted

if TYPE_CHECKING:
    from kguard.config import Settings
    from kguard.policy.registry import Registry

NAMED = 5
"""Up to so many bases are named one by one."""


def with_patches(rules: Rules, loaded: Loaded) -> Rules:
    """The rules, by which an object of a patched base that lacks something is a note."""
    if not loaded.patched_units:
        return rules

    lowered: dict[int, tuple[Table, Table]] = {}

    def rule(resource: Resource) -> Table:
        table = rules(resource)
        if not loaded.is_patched(resource):
            return table
        if id(table) not in lowered:
            lowered[id(table)] = table, {i: _lowered(i, each) for i, each in table.items()}
        return lowered[id(table)][1]

    return rule


def _lowered(policy: str, rule: Rule) -> Rule:
    return replace(rule, severity=Severity.NOTE) if _is_lowered(policy, rule) else rule


def _is_lowered(policy: str, rule: Rule) -> bool:
    """Whether a patch may add what the policy misses, and no configuration sets its severity."""
    may_come = policy.startswith("missing-") or policy == "schema-missing-field"
    return may_come and not rule.severity


def said_of_lowered(
    located: Iterable[Located], loaded: Loaded, settings: Settings, registry: Registry
) -> Iterator[str]:
    """A notice for each base, up to a few, of which a finding is a note for its patches alone."""
    units = loaded.patched_units
    if not units:
        return
    rules = settings.rules(registry)
    found = set()
    for item in located:
        policy, resource = item.finding.policy, item.finding.resource
        if policy in registry.policies and loaded.is_patched(resource):
            rule = rules(resource).get(policy)
            higher = registry.policies[policy].severity > Severity.NOTE
            if rule is not None and higher and _is_lowered(policy, rule):
                found.add(folder_of(resource.origin.path))
    # Where it was built and stands here all the same, building is no way to know more.
    known = "" if settings.kustomize else " (`--kustomize` judges what is built)"
    reason = f"what may be added there is reported as a note{known}"
    for base in sorted(found)[:NAMED]:
        whose = "its own objects" if units[base] == base else f"the objects of `{base or '.'}`"
        yield f"kustomization `{units[base] or '.'}` patches {whose}: {reason}"
    more = len(found) - NAMED
    if more > 0:
        yield f"the objects of {counted(more, 'more base')} are patched: {reason}"
