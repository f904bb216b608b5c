"""Misplaced fields and strings that are none: where they are meant to be, and what is no fault."""

from __future__ import annotations

from typing import Any

import pytest

from kguard.facts import Facts
from kguard.facts.schema.fields import misplaced_fields
from kguard.facts.schema.structure import wrong_strings
from kguard.index import Index
from kguard.kube.recognise import resources
from kguard.model import named_route


def _world(spec: Any, kind: str = "Deployment", api: str = "apps/v1") -> tuple[Facts, Any]:
    data = {"apiVersion": api, "kind": kind, "metadata": {"name": "a"}, "spec": spec}
    (resource,) = resources(data, "a.yaml")
    return Facts(Index([resource])), resource


def _pod(container: dict[str, Any], **pod: Any) -> dict[str, Any]:
    return {"template": {"spec": {"containers": [{"name": "web", **container}], **pod}}}


WEB = "spec.template.spec.containers[web]"
HOMES: dict[str, tuple[Any, tuple[str, ...]]] = {
    "the pod's, in a container": (_pod({"nodeSelector": {}}), ("spec.template.spec",)),
    "the nearest of several above": (
        _pod({"terminationGracePeriodSeconds": 1}),
        ("spec.template.spec",),
    ),
    "the workload's, in the pod": (_pod({}, minReadySeconds=1), ("spec",)),
    "the probe's, in its handler": (
        _pod({"livenessProbe": {"httpGet": {"periodSeconds": 1}}}),
        (f"{WEB}.livenessProbe",),
    ),
    "one further down": (_pod({"runAsUser": 1}), (f"{WEB}.securityContext",)),
    "a list further down": (_pod({"mountPath": "/a"}), (f"{WEB}.volumeMounts[]",)),
    "init containers are not meant": (
        _pod({}, livenessProbe={}),
        ("spec.template.spec.containers[]",),
    ),
    "one of three": (
        _pod({"livenessProbe": {"port": 1}}),
        tuple(f"{WEB}.livenessProbe.{handler}" for handler in ("grpc", "httpGet", "tcpSocket")),
    ),
    "beside, under the same parent": (
        _pod({}, securityContext={"privileged": True}),
        ("spec.template.spec.containers[].securityContext",),
    ),
    "amounts": (
        _pod({"resources": {"cpu": 1}}),
        (f"{WEB}.resources.requests", f"{WEB}.resources.limits"),
    ),
    "metadata in the spec": ({"labels": {}, **_pod({})}, ("metadata",)),
    "metadata in the pod": (_pod({}, annotations={}), ("metadata", "spec.template.metadata")),
}


@pytest.mark.parametrize(("spec", "homes"), HOMES.values(), ids=HOMES)
def test_homes(spec: Any, homes: tuple[str, ...]) -> None:
    assert [homes] == [field.homes for field in misplaced_fields(*_world(spec))]


ELSEWHERE: dict[str, tuple[str, str, tuple[str, ...], str]] = {
    "another name": ("StatefulSet", "strategy", (), "updateStrategy"),
    "the other way": ("Deployment", "updateStrategy", (), "strategy"),
    "other kinds": ("DaemonSet", "replicas", ("Deployment", "StatefulSet", "ReplicaSet"), ""),
    "another kind": ("StatefulSet", "progressDeadlineSeconds", ("Deployment",), ""),
}


@pytest.mark.parametrize(("kind", "key", "owners", "renamed"), ELSEWHERE.values(), ids=ELSEWHERE)
def test_of_other_kinds(kind: str, key: str, owners: tuple[str, ...], renamed: str) -> None:
    (field,) = misplaced_fields(*_world({key: 1, **_pod({})}, kind))
    assert (field.key, field.owners, field.renamed) == (key, owners, renamed)


NOT_MISPLACED = {
    "known nowhere": _pod({"futureField": 1}),
    "known in too many places": _pod({}, fsType="ext4"),
    "of another kind of volume": _pod({}, volumes=[{"name": "a", "nfs": {"pool": "a"}}]),
    "free keys": _pod({}, nodeSelector={"replicas": "1"}),
    "keys that are filled in": _pod({"{{nodeSelector}}": 1}),
    "null": _pod({"nodeSelector": None}),
}


@pytest.mark.parametrize("spec", NOT_MISPLACED.values(), ids=NOT_MISPLACED)
def test_what_is_left_alone(spec: Any) -> None:
    assert misplaced_fields(*_world(spec)) == []


def test_strings_are_named_by_their_route() -> None:
    spec = _pod({"args": ["-p", 80], "env": [{"name": "A", "value": True}]})
    facts, resource = _world(spec)
    assert [f"{WEB}.args[1]", f"{WEB}.env[A].value"] == [
        named_route(resource.data, field.keys) for field in wrong_strings(facts, resource)
    ]


HOSTILE = {
    "a pod that is its own volume": _pod({}, volumes=[[[]]], containers={"a": []}),
    "lists for mappings": {"template": {"metadata": [], "spec": [{"containers": 1}]}},
    "mappings for lists": _pod({"env": {"name": 1}, "ports": {"a": {"b": 1}}, "command": {}}),
    "keys with dots": _pod({"a.b": 1, "": 2, "[0]": 3}),
}


@pytest.mark.parametrize("spec", HOSTILE.values(), ids=HOSTILE)
def test_shapes_of_all_sorts_do_not_raise(spec: Any) -> None:
    assert (misplaced_fields(*_world(spec)), wrong_strings(*_world(spec))) == ([], [])
