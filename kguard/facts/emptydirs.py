"""Volumes that live in memory: emptyDir with `medium: Memory`.

Sources: https://kubernetes.io/docs/concepts/storage/volumes/#emptydir (what is written counts
against the limit of the container that writes it); kubernetes pkg/volume/emptydir/empty_dir.go,
calculateEmptyDirMemorySize (sizes without a limit).
"""

from __future__ import annotations

from collections.abc import Iterator

from kguard.facts.pods import Amount, Container, Pod, Role, quantity
from kguard.model import Scope, dig
from kguard.record import record


@record(eq=False)
class MemoryVolume(Scope):
    """An emptyDir in memory that somebody writes to. `data` is the volume with its name.

    `size` is None where it has no limit of its own; 0 is none, as for the kubelet.
    """

    name: str
    size: Amount | None
    pod: Pod
    writers: list[Container]

    @property
    def bounded(self) -> bool:
        """Whether the pod as a whole has a memory limit, which bounds the volume too."""
        lasting = [c for c in self.pod.containers if c.role is not Role.EPHEMERAL]
        return all(container.limit("memory") is not None for container in lasting)


def memory_volumes(pod: Pod) -> Iterator[MemoryVolume]:
    """The volumes of a pod in memory to which some container may write."""
    volumes = pod.get("volumes")
    for number, volume in enumerate(volumes if isinstance(volumes, list) else ()):
        if dig(volume, "emptyDir", "medium") != "Memory":
            continue
        name = dig(volume, "name")
        writers = [c for c in pod.containers if c.role is not Role.EPHEMERAL and _writes(c, name)]
        if isinstance(name, str) and writers:
            text = dig(volume, "emptyDir", "sizeLimit")
            size = None if text is None else Amount(text, quantity(text), "volume")
            if size is not None and size.value == 0:
                size = None
            yield MemoryVolume(
                pod.resource,
                pod.at("volumes", number),
                volume,
                name=name,
                size=size,
                pod=pod,
                writers=writers,
            )


def _writes(container: Container, volume: object) -> bool:
    mounts = container.get("volumeMounts")
    return any(
        dig(mount, "name") == volume and dig(mount, "readOnly") is not True
        for mount in (mounts if isinstance(mounts, list) else ())
    )
