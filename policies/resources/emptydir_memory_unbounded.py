"""See emptydir_memory_unbounded.md."""

from __future__ import annotations

from collections.abc import Iterator

from kguard.facts.emptydirs import MemoryVolume
from kguard.model import Fault
from kguard.policy.context import NOTE, WARNING, Context


def check(volume: MemoryVolume, ctx: Context) -> Iterator[Fault]:
    """Yield a fault for a volume in memory without a size; a note where memory limits bound it."""
    if volume.size is not None:
        return
    yield volume.fault(
        ("emptyDir", "sizeLimit"),
        f"volume `{volume.name}` is in memory and has no `sizeLimit`",
        severity=NOTE if volume.bounded else WARNING,
        help=(
            "whoever fills it is killed for memory instead of hearing that the volume is full"
            if volume.bounded
            else "it can take all memory of the node, for not every container here has a limit"
        ),
    )
