"""See drone_unknown_key.md."""

from __future__ import annotations

from collections.abc import Iterator

from kguard.facts.drone.keys import UnknownKey
from kguard.model import REMOVE, Confidence, Edit, Fault, Fix
from kguard.policy.context import NOTE, WARNING, Context

_SHARED_NETWORK = ("ports", "expose")


def check(unknown: UnknownKey, ctx: Context) -> Iterator[Fault]:
    """Yield a fault for a key that the runner drops."""
    if unknown.key in _SHARED_NETWORK:
        help = "the containers of a pod reach all ports of each other"
        message = f"key `{unknown.key}` is dropped by the runner, and not needed"
        yield unknown.fault((unknown.key,), message, severity=NOTE, help=help, at_key=True)
        return
    near = f"did you mean `{unknown.meant}`?" if unknown.meant else ""
    yield unknown.fault(
        (unknown.key,),
        f"key `{unknown.key}` is dropped by the runner",
        severity=None if near else WARNING,
        # An extension of the server may read what the runner does not.
        confidence=None if near else Confidence.MEDIUM,
        help=near or "it has no effect in a pipeline of type kubernetes",
        fix=_renamed(unknown) if unknown.same else None,
        at_key=True,
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
