"""Probes with their defaults, and what they ask."""

from __future__ import annotations

from typing import Any

import pytest

from kguard.facts.pods import pod_of
from kguard.facts.probes import Probe, declared_ports, probes_of
from kguard.kube.recognise import resources


def _probe(data: Any, ports: Any = None) -> Probe:
    container = {"name": "a", "livenessProbe": data, "ports": ports}
    (resource,) = resources(
        {"apiVersion": "v1", "kind": "Pod", "spec": {"containers": [container]}}, "a.yaml"
    )
    pod = pod_of(resource)
    assert pod is not None
    (probe,) = probes_of(pod.containers[0])
    return probe


PATIENCE: dict[str, tuple[Any, int | None]] = {
    "defaults": ({}, 30),
    "0 is the default": ({"periodSeconds": 0, "failureThreshold": 0}, 30),
    "written": ({"periodSeconds": 5, "failureThreshold": 2}, 10),
    "filled in later": ({"periodSeconds": "{{ p }}"}, None),
    "no number": ({"failureThreshold": True}, None),
}


@pytest.mark.parametrize(("data", "expected"), PATIENCE.values(), ids=PATIENCE)
def test_patience(data: Any, expected: int | None) -> None:
    assert _probe(data).patience == expected


PORT_NAMES: dict[str, tuple[Any, str | None]] = {
    "a name": ({"httpGet": {"port": "http"}}, "http"),
    "a number": ({"httpGet": {"port": 80}}, None),
    "a number in quotes": ({"tcpSocket": {"port": "80"}}, None),
    "filled in later": ({"tcpSocket": {"port": "${PORT}"}}, None),
    "grpc takes numbers only": ({"grpc": {"port": "http"}}, None),
    "two handlers": ({"tcpSocket": {"port": "a"}, "httpGet": {"port": "b"}}, None),
    "no port": ({"exec": {"command": ["a"]}}, None),
}


@pytest.mark.parametrize(("data", "expected"), PORT_NAMES.values(), ids=PORT_NAMES)
def test_port_name(data: Any, expected: str | None) -> None:
    assert _probe(data).port_name == expected


SAME = {
    "a port by name": ({"httpGet": {"port": "http"}}, {"httpGet": {"port": 80, "path": "/"}}),
    "defaults": ({"httpGet": {"port": 80}}, {"httpGet": {"port": 80, "scheme": "HTTP"}}),
    "thresholds apart": ({"grpc": {"port": 1}}, {"grpc": {"port": 1}, "failureThreshold": 9}),
}


@pytest.mark.parametrize(("one", "other"), SAME.values(), ids=SAME)
def test_the_same_question(one: Any, other: Any) -> None:
    ports = [{"name": "http", "containerPort": 80}]
    assert _probe(one, ports).question == _probe(other, ports).question is not None


def test_declared_ports_of_any_shape() -> None:
    ports = [{"name": "a", "containerPort": 1}, {"name": ["b"]}, {"containerPort": 2}, "c", None]
    assert declared_ports(_probe({}, ports).container) == {"a": 1}
    assert declared_ports(_probe({}, {"name": "a"}).container) == {}
