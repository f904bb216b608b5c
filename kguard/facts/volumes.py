"""Whether a pod can run beside its successor, as a rollout that surges has it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from kguard.facts.pods import Pod
from kguard.model import Resource, Route, dig
from kguard.record import record

if TYPE_CHECKING:
    from kguard.facts.run import Facts

# Volumes that one node or one writer has at a time, whatever a claim would say:
# https://kubernetes.io/docs/concepts/storage/persistent-volumes/#access-modes. A hostPath is
# state of the node that two processes may not share.
_SINGLE_WRITER = (
    "hostPath",
    "awsElasticBlockStore",
    "azureDisk",
    "cinder",
    "fc",
    "gcePersistentDisk",
    "iscsi",
    "photonPersistentDisk",
    "portworxVolume",
    "rbd",
    "scaleIO",
    "storageos",
    "vsphereVolume",
)
_HOSTNAME = "kubernetes.io/hostname"


def stops_first(facts: Facts, pod: Pod) -> bool | None:
    """Whether a pod has to stop before its successor can start.

    So it is with a volume of one writer and with ports of the node. None where a volume claim
    decides that was not seen.
    """
    if pod.get("hostNetwork") is True or any(_host_ports(pod)):
        return True
    answers = [_single_writer(facts, pod, volume) for volume in _volumes(pod)]
    return True if True in answers else None if None in answers else False


def _host_ports(pod: Pod) -> Iterator[Any]:
    for container in pod.running:
        ports = container.get("ports")
        for port in ports if isinstance(ports, list) else ():
            if isinstance(port, Mapping):
                yield port.get("hostPort")


def _volumes(pod: Pod) -> list[Mapping[str, Any]]:
    volumes = pod.get("volumes")
    return [v for v in (volumes if isinstance(volumes, list) else ()) if isinstance(v, Mapping)]


def _single_writer(facts: Facts, pod: Pod, volume: Mapping[str, Any]) -> bool | None:
    if any(volume.get(key) is not None for key in _SINGLE_WRITER):
        return True
    claim = volume.get("persistentVolumeClaim")
    if claim is None:
        return False
    name = dig(claim, "claimName")
    if not isinstance(name, str):
        return None
    found = facts.index.named(pod.resource, "", "PersistentVolumeClaim", name)
    modes = dig(found[0].data, "spec", "accessModes") if len(found) == 1 else None
    if not isinstance(modes, list):
        return None
    return "ReadWriteMany" not in modes and "ReadOnlyMany" not in modes


@record(eq=False)
class Claim:
    """A volume of a pod that is a PersistentVolumeClaim which was seen.

    `route` leads to the volume; `modes` are the access modes the claim asks for.
    """

    name: str
    route: Route
    resource: Resource
    modes: frozenset[str]

    @property
    def one_pod(self) -> bool:
        """Whether only one pod may have it (ReadWriteOncePod)."""
        return self.modes == {"ReadWriteOncePod"}

    @property
    def one_node(self) -> bool:
        """Whether it is on one node at a time, or in one pod."""
        return bool(self.modes) and self.modes <= {"ReadWriteOnce", "ReadWriteOncePod"}


def claims(facts: Facts, pod: Pod) -> Iterator[Claim]:
    """The volume claims of a pod; those not seen, seen twice or malformed are left out."""
    volumes = pod.get("volumes")
    for number, volume in enumerate(volumes if isinstance(volumes, list) else ()):
        name = dig(volume, "persistentVolumeClaim", "claimName")
        if not isinstance(name, str):
            continue
        found = facts.index.named(pod.resource, "", "PersistentVolumeClaim", name)
        modes = dig(found[0].data, "spec", "accessModes") if len(found) == 1 else None
        if isinstance(modes, list) and all(isinstance(mode, str) for mode in modes):
            yield Claim(name, pod.at("volumes", number), found[0], frozenset(modes))


def on_one_node(pod: Pod) -> bool:
    """Whether the pod and its successor can only run on the same node."""
    if pod.get("nodeName") is not None or pod.get("nodeSelector", _HOSTNAME) is not None:
        return True
    keys = ("affinity", "podAffinity", "requiredDuringSchedulingIgnoredDuringExecution")
    terms = pod.get(*keys)
    return isinstance(terms, list) and any(dig(t, "topologyKey") == _HOSTNAME for t in terms)
