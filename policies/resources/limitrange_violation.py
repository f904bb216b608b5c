"""See limitrange_violation.md."""

from __future__ import annotations

from collections.abc import Iterator

from kguard.facts.limitranges import LimitItem, limits_beside
from kguard.facts.podresources import has_pod_level
from kguard.facts.pods import Amount, Container, Pod, Role
from kguard.model import Fault
from kguard.policies.resources._pod_limits import sums
from kguard.policy.context import Context

_HELP = "its pods are rejected"


def check(pod: Pod, ctx: Context) -> Iterator[Fault]:
    """Yield a fault for each amount that a LimitRange of the namespace does not allow."""
    items = limits_beside(ctx.facts, pod.resource, "Container")
    for container in pod.containers if items else ():
        if container.role is not Role.EPHEMERAL:
            for item in items:
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
        yield from _ratio(container, item, items, resource)


def _ratio(
    container: Container, item: LimitItem, items: list[LimitItem], resource: str
) -> Iterator[Fault]:
    most = item.value("maxLimitRequestRatio", resource)
    limit, request = (_effective(container, each, resource, items) for each in _DEFAULTS)
    if most is None or not (limit and limit.value and request and request.value):
        return
    if limit.value > most * request.value:
        written = container.amount("limits", resource) is not None
        yield container.fault(
            ("resources", "limits" if written else "requests", resource),
            f"{resource} limit `{limit.text}` of {container.called} is "
            f"{float(limit.value / request.value):.4g} times its request `{request.text}`, and "
            f"LimitRange `{item.resource.name}` allows {float(most):g}",
            related=[item.related("maxLimitRequestRatio", resource)],
            help=_HELP,
        )


_DEFAULTS = {"limits": "default", "requests": "defaultRequest"}


def _effective(
    container: Container, section: str, resource: str, items: list[LimitItem]
) -> Amount | None:
    """The amount in force; None also where several LimitRanges could fill it in."""
    written = container.amount(section, resource) or container.amount("limits", resource)
    filled = [each for item in items if (each := item.filled(_DEFAULTS[section], resource))]
    return written or (filled[0] if len(filled) == 1 else None)
