"""See limitrange_inconsistent.md."""

from __future__ import annotations

from collections.abc import Iterator

from kguard.facts.limitranges import LimitItem, clashes
from kguard.model import Fault, Related
from kguard.policy.context import Context


def check(item: LimitItem, ctx: Context) -> Iterator[Fault]:
    """Yield a fault for each thing the API server refuses in an entry of a LimitRange."""
    for clash in clashes(item):
        other = clash.other
        yield item.fault(
            clash.keys,
            clash.message,
            related=[Related(item.resource, item.at(*other), f"`{other[0]}`")] if other else (),
            help="the API server rejects the LimitRange",
        )
