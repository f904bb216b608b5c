"""See argo_containerset_requests_sum.md."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from fractions import Fraction

from kguard.facts.argo import Workflow
from kguard.facts.argo_containers import MainContainer, main_containers
from kguard.facts.argo_sets import heaviest, waits_of
from kguard.model import Fault
from kguard.policy.context import Context

_MOST_MEMBERS = 16  # The search for what runs together takes twice as long for each.


def check(workflow: Workflow, ctx: Context) -> Iterator[Fault]:
    """Yield a fault for each containerSet that requests far more than it needs at a time."""
    sets: dict[int, list[MainContainer]] = {}
    for container in main_containers(ctx.facts, workflow):
        if container.template.kind == "containerSet":
            sets.setdefault(id(container.template.data), []).append(container)
    for members in sets.values():
        if 1 < len(members) <= _MOST_MEMBERS and not any(each.unknown for each in members):
            before = waits_of(members)
            for resource in ("cpu", "memory") if before is not None else ():
                yield from _judge(members, before or {}, resource, ctx)


def _judge(
    members: Sequence[MainContainer], before: Mapping[str, set[str]], resource: str, ctx: Context
) -> Iterator[Fault]:
    needs: dict[str, Fraction] = {}
    total = Fraction(0)
    for member in members:
        request, limit = member.effective.request(resource), member.effective.limit(resource)
        if request is None or request.value is None or (limit and limit.value is None):
            return
        total += request.value
        # Requests may have been lowered so that their sum fits: then the limit is what is needed.
        needs[member.effective.name] = max(request.value, (limit and limit.value) or request.value)
    at_once = heaviest(tuple(needs), needs, before)
    if at_once and total > at_once * Fraction(str(ctx.params["max_ratio"])):
        yield members[0].template.fault(
            ("containerSet", "containers"),
            f"`containerSet` of {members[0].template.called} requests {float(total / at_once):.1f} "
            f"times the {resource} that it needs at a time",
            help="all its containers run from the start, and their requests add up",
        )
