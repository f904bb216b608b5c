"""What is refused, and what is left alone, beyond the types of single fields."""

from __future__ import annotations

from typing import Any

import pytest
from schema_world import found, place, sort

from kguard.facts import Assumptions, Facts
from kguard.facts.run import NEWEST_KUBERNETES
from kguard.facts.schema.structure import faults, tell_of_unknown_release
from kguard.index import Index
from kguard.kube import schema
from kguard.kube.recognise import resources
from kguard.model import Route


def _object(kind: str, spec: Any, api: str = "v1", **more: Any) -> dict[str, Any]:
    return {"apiVersion": api, "kind": kind, "metadata": {"name": "a"}, "spec": spec, **more}


def _pod(container: dict[str, Any] | None = None, **spec: Any) -> dict[str, Any]:
    web = {"name": "web", "image": "registry.example.com/web:1.4.2", **(container or {})}
    return _object("Pod", {"containers": [web], **spec})


def _service(**spec: Any) -> dict[str, Any]:
    return _object("Service", {"selector": {"app": "a"}, "ports": [{"port": 80}], **spec})


def _workload(kind: str, pod: dict[str, Any] | None = None, **spec: Any) -> dict[str, Any]:
    """A workload of apps/v1, or a ReplicationController."""
    labels = {"app": "a"}
    template = {"metadata": {"labels": labels}, "spec": {**_pod()["spec"], **(pod or {})}}
    apps = kind != "ReplicationController"
    selector: dict[str, Any] = {"matchLabels": labels} if apps else labels
    spec = {"selector": selector, "template": template, **spec}
    return _object(kind, spec, "apps/v1" if apps else "v1")


C0 = ("spec", "containers", 0)
TEMPLATE = ("spec", "template", "spec")
RESTARTED = ("DaemonSet", "Deployment", "ReplicaSet", "ReplicationController", "StatefulSet")

REFUSED: dict[str, tuple[dict[str, Any], str, Route]] = {
    **{
        f"a {kind} whose pods end": (
            _workload(kind, {"restartPolicy": "OnFailure"}),
            "WrongValue",
            (*TEMPLATE, "restartPolicy"),
        )
        for kind in RESTARTED
    },
    **{
        f"a {kind} with a deadline": (
            _workload(kind, {"activeDeadlineSeconds": 60}),
            "WrongValue",
            (*TEMPLATE, "activeDeadlineSeconds"),
        )
        for kind in RESTARTED
    },
    "a rolling update beside Recreate": (
        _workload("Deployment", strategy={"type": "Recreate", "rollingUpdate": {}}),
        "WrongValue",
        ("spec", "strategy", "rollingUpdate"),
    ),
    "a rolling update beside OnDelete": (
        _workload("StatefulSet", updateStrategy={"type": "OnDelete", "rollingUpdate": {}}),
        "WrongValue",
        ("spec", "updateStrategy", "rollingUpdate"),
    ),
    "an external name that is none": (
        _service(type="ExternalName", externalName="http://example.com"),
        "WrongValue",
        ("spec", "externalName"),
    ),
    "an address beside an external name": (
        _service(type="ExternalName", externalName="example.com", clusterIP="None"),
        "WrongValue",
        ("spec", "clusterIP"),
    ),
    "no external name": (_service(type="ExternalName"), "MissingField", ("spec", "externalName")),
    "no name": (
        {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {}},
        "MissingField",
        ("metadata", "name"),
    ),
    "no metadata": (
        {"apiVersion": "v1", "kind": "ConfigMap"},
        "MissingField",
        ("metadata", "name"),
    ),
    "a name in capitals": (
        {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "Web"}},
        "WrongValue",
        ("metadata", "name"),
    ),
    "a service with dots in its name": (
        {**_service(), "metadata": {"name": "a.b"}},
        "WrongValue",
        ("metadata", "name"),
    ),
    "a mount without volume": (
        _pod({"volumeMounts": [{"name": "data", "mountPath": "/a"}]}),
        "WrongValue",
        (*C0, "volumeMounts", 0, "name"),
    ),
    "a list item of nothing": (
        _pod({"env": [None, {"name": "A"}]}),
        "WrongValue",
        (*C0, "env", 0),
    ),
    "an init container without image": (
        _pod(initContainers=[{"name": "a"}]),
        "MissingField",
        ("spec", "initContainers", 0, "image"),
    ),
    "a variable from two places": (
        _pod(
            {
                "env": [
                    {
                        "name": "A",
                        "valueFrom": {
                            "fieldRef": {"fieldPath": "metadata.name"},
                            "secretKeyRef": {"name": "a", "key": "a"},
                        },
                    }
                ]
            }
        ),
        "WrongValue",
        (*C0, "env", 0, "valueFrom", "secretKeyRef"),
    ),
    "a field of a pod that there is none of": (
        _pod({"env": [{"name": "A", "valueFrom": {"fieldRef": {"fieldPath": "spec.name"}}}]}),
        "WrongValue",
        (*C0, "env", 0, "valueFrom", "fieldRef", "fieldPath"),
    ),
    "two sources of a volume": (
        _pod(volumes=[{"name": "a", "emptyDir": {}, "secret": {"secretName": "a"}}]),
        "WrongValue",
        ("spec", "volumes", 0, "secret"),
    ),
    "a mode that is not octal": (
        _pod(volumes=[{"name": "a", "secret": {"secretName": "a", "defaultMode": 644}}]),
        "WrongValue",
        ("spec", "volumes", 0, "secret", "defaultMode"),
    ),
    "two containers of a name": (
        _pod(initContainers=[{"name": "a", "image": "a"}, {"name": "a", "image": "a"}]),
        "RepeatedItem",
        ("spec", "initContainers", 1),
    ),
    "two mounts at a place": (
        _pod(
            {
                "volumeMounts": [
                    {"name": "a", "mountPath": "/a"},
                    {"name": "a", "mountPath": "/a"},
                ]
            },
            volumes=[{"name": "a", "emptyDir": {}}],
        ),
        "RepeatedItem",
        (*C0, "volumeMounts", 1),
    ),
    "two service ports of a number": (
        _service(ports=[{"name": "a", "port": 80}, {"name": "b", "port": 80, "protocol": "TCP"}]),
        "RepeatedItem",
        ("spec", "ports", 1),
    ),
    "no service ports": (_service(ports=[]), "MissingField", ("spec", "ports")),
    "one of two service ports without name": (
        _service(ports=[{"name": "a", "port": 80}, {"port": 81}]),
        "MissingField",
        ("spec", "ports", 1, "name"),
    ),
    "a toleration of no key": (
        _pod(tolerations=[{"effect": "NoSchedule"}]),
        "WrongValue",
        ("spec", "tolerations", 0),
    ),
    "a field of a later release": (
        _pod({"restartPolicyRules": [], "restartPolicy": "Always"}),
        "UnknownField",
        (*C0, "restartPolicyRules"),
    ),
    "a choice of a later release": (
        _pod(tolerations=[{"key": "a", "operator": "Gt", "value": "1"}]),
        "WrongValue",
        ("spec", "tolerations", 0, "operator"),
    ),
    "a field that is gone": (
        _pod(workloadRef={"name": "a", "podGroup": "a"}),
        "UnknownField",
        ("spec", "workloadRef"),
    ),
}


@pytest.mark.parametrize(("data", "what", "where"), REFUSED.values(), ids=REFUSED)
def test_what_is_refused(data: dict[str, Any], what: str, where: Route) -> None:
    assert [(what, where)] == [(sort(fault), place(fault)) for fault in found(data, (1, 33))]


LEFT_ALONE: dict[str, dict[str, Any]] = {
    "pods that are restarted": _workload("Deployment", {"restartPolicy": "Always"}),
    "a restart policy that is filled in": _workload(
        "Deployment", {"restartPolicy": "${RESTART}", "activeDeadlineSeconds": None}
    ),
    "a pod that ends": _pod(restartPolicy="OnFailure", activeDeadlineSeconds=60),
    "a rolling update that is taken back": _workload(
        "Deployment", strategy={"type": "Recreate", "rollingUpdate": None}
    ),
    "a strategy that may be a rolling update": _workload(
        "Deployment", strategy={"type": "${STRATEGY}", "rollingUpdate": {"maxSurge": 1}}
    ),
    # ValidateDaemonSetUpdateStrategy does not look at it.
    "the rolling update of a daemon that is deleted by hand": _workload(
        "DaemonSet", updateStrategy={"type": "OnDelete", "rollingUpdate": {"maxUnavailable": 1}}
    ),
    "an external name with a dot behind it": _service(
        type="ExternalName", externalName="db.example.com."
    ),
    "an external name that is filled in": _service(type="ExternalName", externalName="$(DB)"),
    "an external name that is not looked at": _service(externalName="http://example.com"),
    "a service of another name": _service(
        type="ExternalName", ports=None, externalName="a.example"
    ),
    "a headless service": _service(clusterIP="None", ports=None),
    "a type that is filled in": _service(type="${TYPE}", ports=None),
    "ports of two protocols": _service(
        ports=[{"name": "a", "port": 53}, {"name": "b", "port": 53, "protocol": "UDP"}]
    ),
    "variables that repeat": _pod({"env": [{"name": "A", "value": "1"}, {"name": "A"}]}),
    "ports without names": _pod({"ports": [{"containerPort": 80}, {"containerPort": 80}]}),
    "a name that is made": _object("Service", None, "v1", metadata={"generateName": "a-"}),
    "a name that is filled in": {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": "web-$(ENV)", "labels": {"app": "{{ app }}", "{{ key }}": "a"}},
    },
    "null": _pod({"env": None, "args": None, "workingDir": None, "nonsense": None}),
    "anchors at the root": {**_pod(), "x-common": {"a": 1}},
    "strategic merge directives": _object(
        "Deployment", {"$patch": "replace", "replicas": 1}, "apps/v1"
    ),
    "part of a workload": _object(
        "Deployment", {"template": {"spec": {"containers": [{"name": "web"}]}}}, "apps/v1"
    ),
    "part of a workload with an image": _object(
        "Deployment",
        {"template": {"spec": {"containers": [{"name": "web", "image": "a"}]}}},
        "apps/v1",
    ),
    "a mount of a claim of a StatefulSet": _object(
        "StatefulSet",
        {
            "selector": {"matchLabels": {"a": "b"}},
            "volumeClaimTemplates": [{"metadata": {"name": "data"}}],
            "template": {
                "metadata": {"labels": {"a": "b"}},
                "spec": {
                    "containers": [
                        {
                            "name": "a",
                            "image": "a",
                            "volumeMounts": [{"name": "data", "mountPath": "/a"}],
                        }
                    ]
                },
            },
        },
        "apps/v1",
    ),
    "custom resources": _object("Thing", {"replicas": "3", "nonsense": 1}, "example.com/v1"),
    "a custom Deployment": _object("Deployment", {"nonsense": 1}, "example.com/v1"),
    "a status": {**_pod(), "status": {"nonsense": 1}},
    "free keys": _pod({"resources": {"limits": {"example.com/gpu": 1}}}),
    "a schema in a definition": {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": "things.example.com"},
        "spec": {
            "group": "example.com",
            "scope": "Namespaced",
            "names": {"kind": "Thing", "plural": "things"},
            "versions": [
                {
                    "name": "v1",
                    "served": True,
                    "storage": True,
                    "schema": {
                        "openAPIV3Schema": {
                            "type": "object",
                            "properties": {
                                "a": {"x-kubernetes-int-or-string": True, "default": [1]},
                                "b": {"type": "array", "items": {"type": "string"}},
                            },
                        }
                    },
                }
            ],
        },
    },
}


@pytest.mark.parametrize("data", LEFT_ALONE.values(), ids=LEFT_ALONE)
def test_what_is_left_alone(data: dict[str, Any]) -> None:
    assert [(sort(fault), place(fault)) for fault in found(data)] == []


HOSTILE: dict[str, dict[str, Any]] = {
    "a spec that is a list": _object("Pod", [1, [2]]),
    "metadata of all sorts": {"apiVersion": "v1", "kind": "Pod", "metadata": [{"name": 1}]},
    "numbers that are none": _object("Deployment", {"replicas": float("nan")}, "apps/v1"),
    "infinity": _object("Deployment", {"replicas": float("inf")}, "apps/v1"),
    "odd keys": _pod({"": 1, "a.b": 2, "[0]": 3, "\ud800": 4}),
    "half a character": {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "\ud800"}},
    "a name of a megabyte": {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": "a-" * 500_000, "labels": {"a" * 500_000: "b" * 500_000}},
    },
}


@pytest.mark.parametrize("data", HOSTILE.values(), ids=HOSTILE)
def test_shapes_of_all_sorts_are_faults_and_no_errors(data: dict[str, Any]) -> None:
    assert found(data)


def test_one_object_shared_a_million_times_is_not_read_a_million_times() -> None:
    schema_of: dict[str, Any] = {"type": "object"}
    for _ in range(60):
        schema_of = {"properties": {"a": schema_of, "b": schema_of}}
    versions = [{"name": "v1", "schema": {"openAPIV3Schema": schema_of}}]
    names = {"kind": "A", "plural": "as"}
    data = _object(
        "CustomResourceDefinition",
        {"group": "a.b", "scope": "Cluster", "names": names, "versions": versions},
        "apiextensions.k8s.io/v1",
    )
    assert found(data) == []


def test_a_misspelt_required_field_is_reported_once() -> None:
    data = _pod({"ports": [{"containerport": 80}]})
    assert [("UnknownField", (*C0, "ports", 0, "containerport"))] == [
        (sort(fault), place(fault)) for fault in found(data)
    ]


def test_a_release_that_is_not_known_may_have_more() -> None:
    (resource,) = resources(_pod({"nonsense": 1, "tty": "yes"}), "a.yaml")
    facts = Facts(Index([resource]), Assumptions(kube=(1, 99)))
    assert [(*C0, "tty")] == [place(fault) for fault in faults(facts, resource)]


@pytest.mark.parametrize(
    ("minor", "told"),
    [
        pytest.param(24, "1.24 is older than the oldest release that is known, 1.25: ", id="old"),
        pytest.param(25, "", id="oldest"),
        pytest.param(NEWEST_KUBERNETES[1], "", id="newest"),
        pytest.param(99, "1.99 is newer than the newest release that is known, 1.", id="new"),
    ],
)
def test_a_release_that_is_not_listed_is_told(minor: int, told: str) -> None:
    facts = Facts(Index([]), Assumptions(kube=(1, minor)))
    tell_of_unknown_release(facts)
    assert [notice.startswith(f"Kubernetes {told}") for notice in facts.notices] == (
        [True] if told else []
    )


def test_the_newest_release_is_the_last_of_the_table() -> None:
    assert (1, schema.releases()[1]) == NEWEST_KUBERNETES
