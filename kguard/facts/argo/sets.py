"""What the members of an Argo containerSet wait for, and what runs together.

Source: argo-workflows workflow/validate/validate.go (validateContainerSetTemplate),
cmd/argoexec/commands/emissary.go (a member waits in its container for its dependencies).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction

from kguard.facts.argo.containers import MainContainer


def waits_of(members: Sequence[MainContainer]) -> dict[str, set[str]] | None:
    """For each member those that end before it starts; None where that cannot be told."""
    waits: dict[str, set[str]] = {}
    for member in members:
        names = member.get("dependencies", default=[])
        if not isinstance(names, list) or not all(isinstance(each, str) for each in names):
            return None
        waits[member.effective.name] = set(names)
    for _ in waits:  # Dependencies of dependencies; as many rounds as there are members suffice.
        waits = {k: v | {x for each in v for x in waits.get(each, ())} for k, v in waits.items()}
    return waits if len(waits) == len(members) else None


def heaviest(
    names: tuple[str, ...], needs: Mapping[str, Fraction], before: Mapping[str, set[str]]
) -> Fraction:
    """The most that members which do not wait for each other need together."""
    if not names:
        return Fraction(0)
    first, rest = names[0], names[1:]
    beside = tuple(n for n in rest if n not in before[first] and first not in before[n])
    with_first = needs[first] + heaviest(beside, needs, before)
    return (
        with_first if len(beside) == len(rest) else max(with_first, heaviest(rest, needs, before))
    )
