"""Which containers the ports of a Service lead to."""

from __future__ import annotations

from typing import Any

import pytest

from kguard.facts.pods import pod_of
from kguard.facts.targets import service_ports
from kguard.kube.recognise import resources

A = {"name": "a", "ports": [{"name": "web", "containerPort": 80}]}
B = {"name": "b", "ports": [{"containerPort": 81}, {"containerPort": 53, "protocol": "UDP"}]}
PROXY = {"name": "p", "restartPolicy": "Always", "ports": [{"containerPort": 80}]}

CASES: dict[str, tuple[Any, list[Any], list[Any], list[str]]] = {
    "by name": ({"port": 8, "targetPort": "web"}, [A, B], [], ["a"]),
    "by number": ({"port": 8, "targetPort": 81}, [A, B], [], ["b"]),
    "the port where no target is": ({"port": 80}, [A, B], [], ["a"]),
    "an empty target": ({"port": 80, "targetPort": ""}, [A, B], [], ["a"]),
    "another protocol": ({"port": 53}, [A, B], [], []),
    "that protocol": ({"port": 53, "protocol": "UDP"}, [A, B], [], ["b"]),
    "declared twice": ({"port": 80}, [A], [PROXY], ["p", "a"]),
    "declared nowhere, several": ({"port": 99}, [A, B], [], []),
    "declared nowhere, one": ({"port": 99}, [A], [], ["a"]),
    "declared nowhere, one and a sidecar": ({"port": 99}, [A], [PROXY], []),
    "an unknown name": ({"port": 8, "targetPort": "x"}, [A], [], []),
    "a quoted number is a name": ({"port": 8, "targetPort": "80"}, [A], [], []),
}


@pytest.mark.parametrize(("port", "containers", "init", "expected"), CASES.values(), ids=CASES)
def test_containers(port: Any, containers: list[Any], init: list[Any], expected: list[str]) -> None:
    spec = {"containers": containers, "initContainers": init}
    (pod_resource,) = resources({"apiVersion": "v1", "kind": "Pod", "spec": spec}, "a.yaml")
    service = {"apiVersion": "v1", "kind": "Service", "spec": {"ports": [port]}}
    (service_resource,) = resources(service, "a.yaml")
    pod = pod_of(pod_resource)
    assert pod is not None
    (found,) = service_ports(service_resource)
    assert expected == [container.name for container in found.containers(pod)]


@pytest.mark.parametrize("ports", [None, "80", {"port": 80}, [80], [{}], [{"port": [80]}]])
def test_ports_of_other_shapes(ports: Any) -> None:
    data = {"apiVersion": "v1", "kind": "Service", "spec": {"ports": ports}}
    (service,) = resources(data, "a.yaml")
    assert list(service_ports(service)) == []
