"""See limitrange_default_below_request.md."""

from __future__ import annotations

from collections.abc import Iterator

from kguard.facts.limitranges import LimitItem, limits_beside
from kguard.facts.podresources import written_amounts
from kguard.facts.pods import Container, Pod, Role, quantity
from kguard.model import Edit, Fault, Fix
from kguard.policy.context import Context


def check(pod: Pod, ctx: Context) -> Iterator[Fault]:
    """Yield a fault for each request above the limit that a LimitRange will fill in."""
    items = limits_beside(ctx.facts, pod.resource, "Container")
    for container in pod.containers if items else ():
        if container.role is not Role.EPHEMERAL:
            for resource, text in written_amounts(container, "requests").items():
                if container.get("resources", "limits", resource) is None:
                    yield from _judged(container, resource, text, items)


def _judged(
    container: Container, resource: str, text: object, items: list[LimitItem]
) -> Iterator[Fault]:
    defaults = [item for item in items if item.filled("default", resource)]
    if len(defaults) != 1:
        return  # Which of several fills it in is not defined.
    item, request = defaults[0], quantity(text)
    default, most = item.value("default", resource), item.value("max", resource)
    # Above the maximum too it is limitrange-violation.
    if request is None or default is None or request <= default:
        return
    if most is not None and request > most:
        return
    keys = ("resources", "limits", resource)
    yield container.fault(
        ("resources", "requests", resource),
        f"{container.called} requests {resource} `{text}` and gets the limit "
        f"`{item.get('default', resource)}` of LimitRange `{item.resource.name}`",
        related=[item.related("default", resource)],
        help="its pods are rejected: write a limit of its own",
        # Unsafe: pods that were made before the LimitRange still run, and would be replaced.
        fix=Fix((Edit(container.at(*keys), text),), safe=False, title=f"limit it to `{text}`"),
    )
