"""See argo_containerset_requests_sum.md."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from fractions import Fraction

from kguard.facts.argo.containers import MainContainer, main_containers
from kguard.facts.argo.sets import heaviest, waits_of
from kguard.facts.argo.workflow import Workflow
from kguard.model import Fault
from kguard.policy.context import Context
from kguard.quantity.quantities import rough

_MOST_MEMBERS = 16  # The search for what runs together takes twice as long for each.


def check(workflow: Workflow, ctx: Context) -> Iterator[Fault]:
    """Yield a fault for each containerSet that requests far more than it needs at a time."""
    sets: dict[int, list[MainContainer]] = {}
    for container in main_containers(ctx.facts, workflow):
        if container.template.kind == "containerSet":
            sets.setdefault(id(container.template.data), []).append(container)
    for members in sets.values():
        if len(members) <= _MOST_MEMBERS and not any(each.unknown for each in members):
            before = waits_of(members)
            if before is not None:
                yield from _judge(members, before, ctx)


def _judge(
    members: Sequence[MainContainer], before: Mapping[str, set[str]], ctx: Context
) -> Iterator[Fault]:
    times = {
        resource: ratio
        for resource in ("cpu", "memory")
        if (ratio := _ratio(members, before, resource)) > Fraction(str(ctx.params["max_ratio"]))
    }
    if times:
        more = " and ".join(f"{rough(ratio):.1f} times the {name}" for name, ratio in times.items())
        template = members[0].template
        yield template.fault(
            ("containerSet", "containers"),
            f"`containerSet` of {template.called} requests {more} that it needs at a time",
            help="all its containers run from the start, and their requests add up",
        )


def _ratio(
    members: Sequence[MainContainer], before: Mapping[str, set[str]], resource: str
) -> Fraction:
    """What all request, by the most that is needed at once; 0 where either is unknown."""
    needs: dict[str, Fraction] = {}
    total = Fraction(0)
    for member in members:
        request, limit = member.effective.request(resource), member.effective.limit(resource)
        if request is None or request.value is None or (limit and limit.value is None):
            return Fraction(0)
        total += request.value
        # Requests may have been lowered so that their sum fits: then the limit is what is needed.
        needs[member.effective.name] = max(request.value, (limit and limit.value) or request.value)
    at_once = heaviest(tuple(needs), needs, before)
    return total / at_once if at_once else Fraction(0)
