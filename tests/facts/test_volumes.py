"""Which pods have to stop before their successor can start, whatever their volumes look like."""

from __future__ import annotations

from typing import Any

import pytest

from kguard.facts import Facts
from kguard.facts.pods import Pod
from kguard.facts.volumes import claims, on_one_node, stops_first
from kguard.index import Index
from kguard.kube.recognise import resources


def made(kind: str, spec: Any, name: str = "a") -> dict[str, Any]:
    return {"apiVersion": "v1", "kind": kind, "metadata": {"name": name}, "spec": spec}


def pod_of(spec: dict[str, Any], *others: dict[str, Any]) -> tuple[Facts, Pod]:
    """The pod of a spec beside other objects."""
    objects = (made("Pod", spec), *others)
    found = [r for number, item in enumerate(objects) for r in resources(item, "x.yaml", number)]
    facts = Facts(Index(found))
    pod = facts.pod(found[0])
    assert pod is not None
    return facts, pod


def claim(modes: Any, name: str = "data") -> dict[str, Any]:
    return made("PersistentVolumeClaim", {"accessModes": modes}, name)


DISKS = [
    *("hostPath", "awsElasticBlockStore", "azureDisk", "cinder", "fc", "gcePersistentDisk"),
    *("iscsi", "photonPersistentDisk", "portworxVolume", "rbd", "scaleIO", "storageos"),
    "vsphereVolume",
]
DATA = {"persistentVolumeClaim": {"claimName": "data"}}


@pytest.mark.parametrize("disk", DISKS)
def test_one_writer(disk: str) -> None:
    facts, pod = pod_of({"volumes": [{"emptyDir": {}}, {disk: {}}]})
    assert stops_first(facts, pod) is True


@pytest.mark.parametrize(
    ("volumes", "others", "expected"),
    [
        ([{"emptyDir": {}}, {"nfs": {}}, {"hostPath": None}], [], False),
        ([DATA], [claim(["ReadWriteOnce"])], True),
        ([DATA], [claim(["ReadWriteOnce", "ReadOnlyMany"])], False),
        ([DATA], [claim(["ReadWriteMany"])], False),
        ([DATA], [], None),
        ([DATA], [claim(["ReadWriteOnce"]), claim(["ReadWriteMany"])], None),
        ([DATA], [claim("ReadWriteOnce")], None),
        ([DATA], [made("PersistentVolumeClaim", "text", "data")], None),
        ([{"persistentVolumeClaim": {"claimName": ["data"]}}], [], None),
        ([{"persistentVolumeClaim": "data"}], [], None),
        (["data", None], [], False),
        ("data", [], False),
        ([DATA, {"rbd": {}}], [], True),
    ],
    ids=str,
)
def test_volumes(volumes: Any, others: list[dict[str, Any]], expected: bool | None) -> None:
    facts, pod = pod_of({"volumes": volumes}, *others)
    assert stops_first(facts, pod) is expected


@pytest.mark.parametrize(
    ("ports", "expected"),
    [
        ([{"containerPort": 80}, {"hostPort": 80}], True),
        ([{"hostPort": 0}], False),
        (["80"], False),
        ("80", False),
    ],
)
def test_ports_of_the_node(ports: Any, expected: bool) -> None:
    facts, pod = pod_of({"containers": [{"name": "a", "ports": ports}]})
    assert stops_first(facts, pod) is expected


@pytest.mark.parametrize(
    ("modes", "one_node", "one_pod"),
    [
        (["ReadWriteOnce"], True, False),
        (["ReadWriteOncePod"], True, True),
        (["ReadWriteOnce", "ReadWriteOncePod"], True, False),
        (["ReadWriteOnce", "ReadWriteMany"], False, False),
        ([], False, False),
    ],
)
def test_claims(modes: list[str], one_node: bool, one_pod: bool) -> None:
    facts, pod = pod_of({"volumes": [{"emptyDir": {}}, DATA]}, claim(modes))
    (found,) = claims(facts, pod)
    assert (found.one_node, found.one_pod) == (one_node, one_pod)
    assert found.route == ("spec", "volumes", 1)


@pytest.mark.parametrize(
    ("volumes", "modes"),
    [(5, []), (["data"], []), ([DATA], "ReadWriteOnce"), ([DATA], [["ReadWriteOnce"]])],
)
def test_no_claim_in_what_is_malformed(volumes: Any, modes: Any) -> None:
    facts, pod = pod_of({"volumes": volumes}, claim(modes))
    assert list(claims(facts, pod)) == []


HOST = "kubernetes.io/hostname"
REQUIRED = "requiredDuringSchedulingIgnoredDuringExecution"


@pytest.mark.parametrize(
    ("spec", "expected"),
    [
        ({"nodeName": "a"}, True),
        ({"nodeSelector": {HOST: "a"}}, True),
        ({"nodeSelector": {"zone": "a"}}, False),
        ({"affinity": {"podAffinity": {REQUIRED: [{"topologyKey": HOST}]}}}, True),
        ({"affinity": {"podAffinity": {REQUIRED: [{"topologyKey": "zone"}]}}}, False),
        ({"affinity": {"podAntiAffinity": {REQUIRED: [{"topologyKey": HOST}]}}}, False),
        ({"affinity": {"podAffinity": {REQUIRED: HOST}}}, False),
    ],
    ids=str,
)
def test_on_one_node(spec: dict[str, Any], expected: bool) -> None:
    assert on_one_node(pod_of(spec)[1]) is expected
