"""See limitrange_violation.md."""

from __future__ import annotations

from collections.abc import Iterator

from kguard.facts.limitranges import LimitItem, limits_beside
from kguard.facts.podresources import has_pod_level
from kguard.facts.pods import Container, Pod, Role
from kguard.model import Fault
from kguard.policies.resources._pod_limits import sums
from kguard.policies.resources._ratios import ratio
from kguard.policy.context import Context

_HELP = "its pods are rejected"


def check(pod: Pod, ctx: Context) -> Iterator[Fault]:
    """Yield a fault for each amount that a LimitRange of the namespace does not allow."""
    items = limits_beside(ctx.facts, pod.resource, "Container")
    for item in items:
        for container in pod.containers:
            if container.role is not Role.EPHEMERAL:
                yield from _of_container(container, item, items)
    # What counts for pods with resources of their own differs between versions.
    if not has_pod_level(pod):
        for item in limits_beside(ctx.facts, pod.resource, "Pod"):
            yield from sums(pod, item)


def _of_container(container: Container, item: LimitItem, items: list[LimitItem]) -> Iterator[Fault]:
    for key in ("max", "min"):
        for resource in item.amounts(key):
            bound = item.value(key, resource)
            for section in ("limits", "requests"):
                amount = container.amount(section, resource)
                if amount is None or amount.value is None or bound is None:
                    continue
                if amount.value > bound if key == "max" else amount.value < bound:
                    yield container.fault(
                        ("resources", section, resource),
                        f"{resource} {section.rstrip('s')} `{amount.text}` of {container.called} "
                        f"is {'above' if key == 'max' else 'below'} the `{key}` "
                        f"`{item.get(key, resource)}` of LimitRange `{item.resource.name}`",
                        related=[item.related(key, resource)],
                        help=_HELP,
                    )
                    break  # The request is no second fault.
    for resource in item.amounts("maxLimitRequestRatio"):
        yield from ratio(container, item, items, resource)
