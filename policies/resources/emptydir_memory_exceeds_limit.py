"""See emptydir_memory_exceeds_limit.md."""

from __future__ import annotations

from collections.abc import Iterator

from kguard.facts.emptydirs import MemoryVolume
from kguard.facts.pods import Amount, Container
from kguard.model import Fault, Related
from kguard.policy.context import Context

_KEYS = ("resources", "limits", "memory")


def check(volume: MemoryVolume, ctx: Context) -> Iterator[Fault]:
    """Yield a fault for a volume in memory as large as the limit of a container that writes it."""
    if volume.size is None or volume.size.value is None:
        return
    for container in volume.writers:
        limit = container.limit("memory")
        if limit is None or not limit.value or volume.size.value < limit.value:
            continue
        whose = "the pod" if limit.source == "pod" else container.called
        yield volume.fault(
            ("emptyDir", "sizeLimit"),
            f"`sizeLimit` `{volume.size.text}` of volume `{volume.name}` is not below the memory "
            f"limit `{limit.text}` of {whose}",
            related=_places(container, limit),
            help="what is written counts against that limit: the container is killed before the "
            "volume is full",
        )
        return


def _places(container: Container, limit: Amount) -> list[Related]:
    scope = {"limit": container, "pod": container.pod}.get(limit.source)
    return [Related(container.resource, scope.at(*_KEYS), "the limit")] if scope else []
