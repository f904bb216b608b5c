"""Which of two objects is the second: where two cannot both be right, that one is reported."""

from __future__ import annotations

from kguard.model import Resource


def precedes(other: Resource, this: Resource) -> bool:
    """Whether a pair is reported at `this`: the later of the two, or the one that is judged."""
    return other.context or _place(other) < _place(this)


def _place(resource: Resource) -> tuple[str, int, tuple[str, ...]]:
    origin = resource.origin
    return origin.path, origin.document, tuple(f"{key:>9}" for key in origin.prefix)
