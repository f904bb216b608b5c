"""Services and Ingresses: who selects, who calls, and what is not known."""

from __future__ import annotations

from typing import Any

import pytest

from kguard.facts import Facts
from kguard.facts.services import (
    backends,
    callers,
    service_of,
    unseen_endpoints,
    unseen_service,
)
from kguard.index import Index
from kguard.kube.recognise import resources
from kguard.model import Resource


def world(*objects: dict[str, Any], beyond: Any = ()) -> tuple[Facts, list[Resource]]:
    """Facts over objects of one unit and those `beyond` it, and the resources of the unit."""
    found = [each for i, item in enumerate(objects) for each in resources(item, "a.yaml", i)]
    others = [each for item in beyond for each in resources(item, "b.yaml", unit="b")]
    return Facts(Index(found + others, complete={""})), found


def service(selector: Any, **spec: Any) -> dict[str, Any]:
    meta = {"name": "web"}
    return {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": meta,
        "spec": {"selector": selector, **spec},
    }


def workload(labels: Any, kind: str = "apps/v1 Deployment") -> dict[str, Any]:
    api_version, name = kind.split()
    template = {"metadata": {"labels": labels}, "spec": {"containers": []}}
    return {
        "apiVersion": api_version,
        "kind": name,
        "metadata": {"name": "web"},
        "spec": {"template": template},
        "template": template,
    }


@pytest.mark.parametrize(
    ("spec", "selected"),
    [
        (service({"app": "web"}), 1),
        (service({"app": "web", "tier": "front"}), 0),
        (service({}), None),
        (service(None), None),
        (service(["app"]), None),
        (service({"app": 1}), None),
        (service({"app": "${APP}"}), None),
        (service({"{{ key }}": "web"}), None),
        (service({"app": "web"}, type="ExternalName"), None),
    ],
)
def test_selected(spec: dict[str, Any], selected: int | None) -> None:
    facts, found = world(spec, workload({"app": "web"}), workload({"app": "web"}, "v1 PodTemplate"))
    judged = service_of(facts, found[0])
    assert selected == (None if judged.selector is None else len(judged.selected))
    assert len(judged.selected) == (selected or 0)


@pytest.mark.parametrize(
    ("selector", "labels", "reason"),
    [
        ({"app": "web"}, {"app": "api"}, ""),
        ({"app": "web", "role": "primary"}, {"app": "web"}, "the pods may label themselves"),
        ({"app": "web", "role": "primary"}, {"app": "web", "role": "replica"}, ""),
        ({"app": "web", "role": "primary", "tier": "db"}, {"app": "web"}, ""),
        ({"role": "primary"}, {"app": "web"}, ""),
        ({"job-name": "web"}, {"app": "web"}, "the selector asks for labels that controllers add"),
        ({"app": "web"}, {"app": "{{ app }}"}, "labels of pods may be filled in later"),
    ],
)
def test_what_may_be_unseen(selector: Any, labels: Any, reason: str) -> None:
    facts, found = world(service(selector), workload(labels))
    assert reason == unseen_endpoints(facts, service_of(facts, found[0]))


def ingress(*written: Any, api_version: str = "networking.k8s.io/v1", **spec: Any) -> Any:
    paths = [{"backend": backend} for backend in written]
    return {
        "apiVersion": api_version,
        "kind": "Ingress",
        "metadata": {"name": "web"},
        "spec": {"rules": [{"http": {"paths": paths}}], **spec},
    }


@pytest.mark.parametrize(
    ("backend", "expected"),
    [
        ({"service": {"name": "web", "port": {"number": 80}}}, ("web", 80)),
        ({"service": {"name": "web", "port": {"name": "http"}}}, ("web", "http")),
        ({"service": {"name": "web", "port": {"number": True}}}, ("web", None)),
        ({"service": {"name": "web", "port": {"name": "{{ port }}"}}}, ("web", None)),
        ({"service": {"name": "web", "port": {"number": 0}}}, ("web", None)),
        ({"service": {"name": "web"}}, ("web", None)),
        ({"serviceName": "web", "servicePort": "80"}, ("web", 80)),
        ({"serviceName": "web", "servicePort": "http"}, ("web", "http")),
        ({"serviceName": "web", "servicePort": "9" * 9}, ("web", None)),
        ({"serviceName": "web", "servicePort": "use-annotation"}, None),
        ({"serviceName": "{{ name }}", "servicePort": 80}, None),
        ({"resource": {"kind": "Bucket"}}, None),
        ({"service": "web"}, None),
        (["web"], None),
        ({"service": {"name": "", "port": {"number": 80}}}, None),
        ({"serviceName": "web", "servicePort": "²"}, ("web", "²")),
        (None, None),
    ],
    ids=str,
)
def test_backends(backend: Any, expected: Any) -> None:
    (resource,) = resources(ingress(backend), "a.yaml")
    found = [(each.name, each.named_port) for each in backends(resource)]
    assert ([expected] if expected else []) == found


def test_callers_are_of_the_namespace() -> None:
    backend = {"service": {"name": "web", "port": {"number": 80}}}
    elsewhere = ingress(backend)
    elsewhere["metadata"]["namespace"] = "shop"
    old = ingress(
        api_version="extensions/v1beta1", backend={"serviceName": "web", "servicePort": 80}
    )
    facts, found = world(service({"app": "web"}), ingress(backend), elsewhere, old)
    assert [found[1], found[3]] == [each.resource for each in callers(facts, found[0])]


def test_pods_elsewhere_in_the_run() -> None:
    facts, found = world(service({"app": "web"}), beyond=[workload({"app": "web"})])
    reason = "pods elsewhere in this run have the labels that the Service asks for"
    assert reason == unseen_endpoints(facts, service_of(facts, found[0]))


@pytest.mark.parametrize(
    ("beside", "beyond", "reason"),
    [
        ([], [], ""),
        ([], ["web"], "a Service of that name is elsewhere in this run"),
        ([], ["api"], ""),
        ([""], [], "the Service's name may be filled in later"),
        (["{{ name }}"], [], "the Service's name may be filled in later"),
        (["api"], [], ""),
    ],
)
def test_a_service_that_may_exist(beside: list[str], beyond: list[str], reason: str) -> None:
    backend = {"service": {"name": "web", "port": {"number": 80}}}
    near, far = ([{**service({}), "metadata": {"name": n}} for n in at] for at in (beside, beyond))
    facts, found = world(ingress(backend), *near, beyond=far)
    (called,) = backends(found[0])
    assert reason == unseen_service(facts, called)
