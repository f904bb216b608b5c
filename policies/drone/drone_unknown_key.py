"""See drone_unknown_key.md."""

from __future__ import annotations

from collections.abc import Iterator

from kguard.facts.drone_keys import UnknownKey
from kguard.model import REMOVE, Confidence, Edit, Fault, Fix
from kguard.policy.context import WARNING, Context


def check(unknown: UnknownKey, ctx: Context) -> Iterator[Fault]:
    """Yield a fault for a key that the runner drops."""
    near = f"did you mean `{unknown.meant}`?" if unknown.meant else ""
    yield unknown.fault(
        (unknown.key,),
        f"key `{unknown.key}` is dropped by the runner",
        severity=None if near else WARNING,
        # An extension of the server may read what the runner does not.
        confidence=None if near else Confidence.MEDIUM,
        help=near or "it has no effect in a pipeline of type kubernetes",
        fix=_renamed(unknown) if unknown.same else None,
    )


def _renamed(unknown: UnknownKey) -> Fix:
    """The key under the name the runner knows, which makes what it says take effect."""
    return Fix(
        (
            Edit(unknown.at(unknown.key), REMOVE),
            Edit(unknown.at(unknown.meant), unknown.data[unknown.key]),
        ),
        safe=False,
        title=f"rename it `{unknown.meant}`",
    )
