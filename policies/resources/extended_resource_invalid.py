"""See extended_resource_invalid.md."""

from __future__ import annotations

from collections.abc import Iterator
from math import ceil
from typing import Any

from kguard.facts.podresources import (
    STANDARD,
    asks_for_standard_only,
    is_extended,
    is_overcommitted,
    may_be_filled_in,
    misnamed,
    unit_of,
    written_amounts,
)
from kguard.facts.pods import Container, Role, quantity
from kguard.model import Edit, Fault, Fix
from kguard.policy.context import Context
from kguard.words import choices_hint

_SECTIONS = ("requests", "limits")


def check(container: Container, ctx: Context) -> Iterator[Fault]:
    """Yield a fault for each way in which extended resources and huge pages are refused."""
    if asks_for_standard_only(container):
        return
    requests, limits = (written_amounts(container, each) for each in _SECTIONS)
    for section, name in misnamed(container):
        text = f"`{name}` is no resource of containers{choices_hint(name, STANDARD)}"
        help = "the API server rejects it; other resources have a domain in their name"
        yield container.fault(("resources", section, name), text, help=help)
    if container.role is Role.EPHEMERAL:
        return
    special = [name for name in {**requests, **limits} if not is_overcommitted(name)]
    for name in special:
        for section, amounts in zip(_SECTIONS, (requests, limits), strict=True):
            yield from _value(container, section, name, amounts.get(name))
        yield from _pair(container, ctx, name, requests.get(name), limits.get(name))
    filled = any(may_be_filled_in(ctx.facts, container, name) for name in ("cpu", "memory"))
    if not (filled or {"cpu", "memory"} & {*requests, *limits} or all(map(is_extended, special))):
        text = f"{container.called} has huge pages, but neither cpu nor memory"
        yield container.fault(("resources",), text, help="the API server rejects it")


def _value(container: Container, section: str, name: str, text: Any) -> Iterator[Fault]:
    value, unit = quantity(text), unit_of(name)
    if value is not None and unit and value > 0 and ceil(value * 1000) % (unit * 1000):
        yield container.fault(
            ("resources", section, name),
            f"{name} {section.rstrip('s')} `{text}` of {container.called} is no "
            + ("whole number" if unit == 1 else f"multiple of {name.removeprefix('hugepages-')}"),
            help="the API server rejects it",
        )


def _pair(
    container: Container, ctx: Context, name: str, request: Any, limit: Any
) -> Iterator[Fault]:
    keys = ("resources", "requests", name)
    # As it is written it cannot run anywhere, so there is nothing that a change could stop.
    if limit is None and not may_be_filled_in(ctx.facts, container, name):
        edit = Edit(container.at("resources", "limits", name), request)
        yield container.fault(
            keys,
            f"{container.called} requests {name} without a limit",
            help="it cannot be overcommitted: the limit alone is enough, the request follows it",
            fix=Fix((edit,), safe=True, title=f"limit {name} to `{request}` too"),
        )
    known = quantity(request), quantity(limit)
    if None not in known and known[0] != known[1]:
        yield container.fault(
            keys,
            f"{container.called} requests {name} `{request}`, and its limit is `{limit}`",
            help="it cannot be overcommitted: both are to be the same",
            fix=Fix((Edit(container.at(*keys), limit),), safe=False, title=f"request `{limit}`"),
        )  # Unsafe: only its author knows which of the two is meant.
