"""See priorityclass_multiple_default.md."""

from __future__ import annotations

from collections.abc import Iterator

from kguard.facts.order import precedes
from kguard.model import Confidence, Fault, Related, Scope, dig
from kguard.policy.context import NOTE, Context

_KEYS = ("globalDefault",)


def check(scope: Scope, ctx: Context) -> Iterator[Fault]:
    """Yield a fault for a default PriorityClass where an earlier one is the default already."""
    this = scope.resource
    if this.group != "scheduling.k8s.io" or scope.get(*_KEYS) is not True:
        return
    for other in ctx.index.in_unit(this, "scheduling.k8s.io", "PriorityClass"):
        if other.name == this.name or dig(other.data, *_KEYS) is not True:
            continue
        if not precedes(other, this):
            continue
        together = other.origin.path == this.origin.path or ctx.index.is_complete(this)
        yield scope.fault(
            _KEYS,
            f"PriorityClass `{other.name}` is the default already",
            # Files of one folder may be alternatives, of which only one is applied.
            severity=None if together else NOTE,
            confidence=None if together else Confidence.MEDIUM,
            related=[Related(other, _KEYS, "the other default")],
            help="only one can exist: the API server refuses the second",
        )
        return
