"""What autoscalers aim at, what they target and who else does, beyond what examples show."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kguard.facts import Facts
from kguard.facts.autoscaling import Utilization, lacking, reachable
from kguard.facts.keda import same_autoscaler
from kguard.facts.operators import makers
from kguard.facts.scaletargets import ScaleTarget, scale_targets
from kguard.facts.vertical import writes_request
from kguard.index import Index
from kguard.kube.recognise import resources
from kguard.model import Resource


def an_object(kind: str, name: str = "web", api: str = "apps/v1", **parts: Any) -> dict[str, Any]:
    """An object; `namespace` and the like in `metadata`, the rest beside it."""
    metadata = {"name": name, **parts.pop("metadata", {})}
    return {"apiVersion": api, "kind": kind, "metadata": metadata, **parts}


def hpa(reference: Any, **metadata: Any) -> dict[str, Any]:
    """A HorizontalPodAutoscaler of `reference`."""
    spec = {"scaleTargetRef": reference}
    kind, api = "HorizontalPodAutoscaler", "autoscaling/v2"
    return an_object(kind, api=api, metadata=metadata, spec=spec)


def world(*objects: dict[str, Any], complete: bool = True) -> tuple[Facts, list[Resource]]:
    """Facts over objects of one unit, and their resources in order."""
    found = [r for number, item in enumerate(objects) for r in resources(item, "x.yaml", number)]
    return Facts(Index(found, complete={""} if complete else set())), found


def target_of(*objects: dict[str, Any], complete: bool = True) -> ScaleTarget | None:
    """What the first of some objects names as its target."""
    facts, found = world(*objects, complete=complete)
    targets = list(scale_targets(facts, found[0]))
    assert len(targets) <= 1
    return targets[0] if targets else None


WEB = {"apiVersion": "apps/v1", "kind": "Deployment", "name": "web"}
UNREADABLE: list[Any] = [
    None,
    "web",
    [],
    {},
    {**WEB, "name": ""},
    {**WEB, "name": "{{ name }}"},
    {**WEB, "kind": "${KIND}"},
    {**WEB, "apiVersion": "{{ api }}"},
    {**WEB, "apiVersion": 1},
    {**WEB, "name": ["web"]},
]


@pytest.mark.parametrize("reference", UNREADABLE, ids=repr)
def test_no_target_in_a_reference_that_cannot_be_read(reference: Any) -> None:
    assert target_of(hpa(reference)) is None


@pytest.mark.parametrize(
    ("others", "complete", "expected"),
    [
        ([an_object("Deployment")], False, ""),
        ([], False, "scale target not seen"),
        ([], True, ""),
        ([an_object("Deployment", api="extensions/v1beta1")], True, ""),
        (
            [an_object("Deployment", metadata={"namespace": "shop"})],
            True,
            "only one of autoscaler and scale target names its namespace",
        ),
        (
            [an_object("Deployment", "{{ name }}")],
            True,
            "the scale target's name may be filled in later",
        ),
        (
            [an_object("Site", api="example.com/v1")],
            True,
            "the scale target may be made by a custom resource: Site",
        ),
        ([an_object("ServiceMonitor", api="monitoring.coreos.com/v1")], True, ""),
    ],
)
def test_why_a_target_that_is_not_there_may_exist(
    others: list[dict[str, Any]], complete: bool, expected: str
) -> None:
    target = target_of(hpa(WEB), *others, complete=complete)
    assert target is not None
    assert expected == target.doubtful


def test_makers_are_of_the_unit_and_sorted() -> None:
    kinds = {
        "Zoo": "example.com/v1",
        "Alertmanager": "monitoring.coreos.com/v1",
        "PodMonitor": "monitoring.coreos.com/v1",
        "Rollout": "argoproj.io/v1alpha1",
        "Workflow": "argoproj.io/v1alpha1",
        "ScaledJob": "keda.sh/v1alpha1",
        "Certificate": "cert-manager.io/v1",
        "Ingress": "networking.k8s.io/v1",
        "Gateway": "gateway.networking.k8s.io/v1",
    }
    facts, found = world(*(an_object(kind, api=api) for kind, api in kinds.items()))
    (other,) = resources(an_object("Island", api="example.com/v1"), "y.yaml", unit="elsewhere")
    expected = ["Alertmanager", "Gateway", "Workflow", "Zoo"]
    assert expected == makers(facts, found[0])
    assert makers(facts, other) == []


def pod_facts(containers: list[dict[str, Any]], **spec: Any) -> Any:
    """The pod of a Deployment with these containers."""
    template = {"spec": {"containers": containers, **spec}}
    facts, (workload,) = world(an_object("Deployment", spec={"template": template}))
    pod = facts.pod(workload)
    assert pod is not None
    return pod


AMOUNTS = st.lists(st.tuples(st.integers(1, 50), st.integers(0, 50)), min_size=1, max_size=4)


@given(AMOUNTS)
def test_usage_reaches_the_limits(amounts: list[tuple[int, int]]) -> None:
    """`amounts` are requests in milli, and by how much the limit is above."""
    containers = [
        {"name": f"c{i}", "resources": {"requests": {"cpu": f"{r}m"}, "limits": {"cpu": f"{l}m"}}}
        for i, (r, more) in enumerate(amounts)
        for l in [r + more]  # noqa: E741
    ]
    most = reachable(pod_facts(containers), Utilization("cpu", "", ()))
    requests = sum(request for request, _ in amounts)
    limits = requests + sum(more for _, more in amounts)
    assert Fraction(100 * limits, requests) == most
    first, more = amounts[0]
    assert Fraction(100 * (first + more), first) == reachable(
        pod_facts(containers), Utilization("cpu", "c0", ())
    )


REQUESTS = st.dictionaries(st.sampled_from(["cpu", "memory"]), st.just("1Gi"), max_size=2)


@st.composite
def written_pods(draw: st.DrawFn) -> dict[str, Any]:
    """The spec of a pod with containers of all roles, some with requests."""

    def resources() -> dict[str, Any]:
        both = {"requests": draw(REQUESTS), "limits": draw(REQUESTS)}
        return {section: amounts for section, amounts in both.items() if amounts}

    roles = draw(st.lists(st.sampled_from(["app", "init", "sidecar"]), max_size=4))
    spec: dict[str, Any] = {"containers": [{"name": "a", "resources": resources()}]}
    for number, role in enumerate(roles):
        container = {"name": f"c{number}", "image": "x", "resources": resources()}
        if role == "sidecar":
            container["restartPolicy"] = "Always"
        key = "containers" if role == "app" else "initContainers"
        spec.setdefault(key, []).append(container)
    if draw(st.booleans()):
        spec["resources"] = resources()
    return spec


def requested(spec: dict[str, Any], container: str, resource: str) -> bool:
    """Whether calculateRequests of pkg/controller/podautoscaler/replica_calculator.go finds a sum.

    Before that SetDefaults_Pod (pkg/apis/core/v1/defaults.go) has taken limits for requests that
    are absent: those of containers, then those of a pod that has resources of its own.
    """

    def has(item: dict[str, Any]) -> bool:
        sections = item.get("resources", {})
        return any(resource in sections.get(section, {}) for section in ("requests", "limits"))

    everyone = [*spec["containers"], *spec.get("initContainers", [])]
    stay = [
        each
        for each in everyone
        if each in spec["containers"] or each.get("restartPolicy") == "Always"
    ]
    if container:
        return all(has(each) for each in stay if each["name"] == container)
    if any(spec.get("resources", {}).values()):
        return has(spec) or any(has(each) for each in everyone)
    return all(has(each) for each in stay)


@given(written_pods(), st.sampled_from(["", "a", "c0"]), st.sampled_from(["cpu", "memory"]))
def test_a_sum_is_lacking_where_the_controller_finds_none(
    spec: dict[str, Any], container: str, resource: str
) -> None:
    pod = pod_facts(**spec)
    found = lacking(pod, Utilization(resource, container, ()))
    assert requested(spec, container, resource) is (found == [])


@pytest.mark.parametrize(
    "resources",
    [
        {},
        {"requests": {"cpu": 1}},
        {"limits": {"cpu": 0}},
        {"limits": {"cpu": "{{ cpu }}"}},
        {"requests": {"cpu": 0}, "limits": {"cpu": 1}},
        {"limits": {"memory": "1Gi"}},
    ],
    ids=repr,
)
def test_usage_without_a_known_end(resources: dict[str, Any]) -> None:
    limited = {"name": "a", "resources": {"limits": {"cpu": 1}}}
    pod = pod_facts([limited, {"name": "b", "resources": resources}])
    assert reachable(pod, Utilization("cpu", "", ())) is None
    assert reachable(pod, Utilization("cpu", "a", ())) == 100


@pytest.mark.parametrize(
    ("update", "policies", "expected"),
    [
        (None, None, True),
        ({"updateMode": ""}, None, True),
        ({"updateMode": "Off"}, None, False),
        ({"updateMode": "InPlaceOrRecreate"}, None, True),
        ({"updateMode": "Sometimes"}, None, False),
        (None, [{"containerName": "*", "mode": "Off"}], False),
        (None, [{"containerName": "*", "mode": "Off"}, {"containerName": "web"}], True),
        (None, [{"containerName": "web", "controlledResources": ["memory"]}], False),
        (None, [{"containerName": "proxy", "mode": "Off"}], True),
        (None, [{"containerName": "*", "minAllowed": {"cpu": 1}, "maxAllowed": {"cpu": 2}}], True),
        (None, "{{ policies }}", False),
        ("{{ policy }}", None, False),
        (["Off"], None, False),
    ],
)
def test_which_requests_a_vpa_writes(update: Any, policies: Any, expected: bool) -> None:
    spec = {"updatePolicy": update, "resourcePolicy": {"containerPolicies": policies}}
    vpa = an_object("VerticalPodAutoscaler", api="autoscaling.k8s.io/v1", spec=spec)
    (vertical,) = resources(vpa, "x.yaml")
    assert expected == writes_request(vertical, "cpu", ["web"])
    assert not writes_request(vertical, "nvidia.com/gpu", ["web"])
    assert not writes_request(vertical, "cpu", [])


OWNER = [{"kind": "ScaledObject", "name": "web"}]
TAKES = {"scaledobject.keda.sh/transfer-hpa-ownership": "true"}


@pytest.mark.parametrize(
    ("metadata", "annotations", "own_name", "expected"),
    [
        ({"name": "other"}, {}, None, False),
        ({"name": "other", "ownerReferences": OWNER}, {}, None, True),
        ({"name": "keda-hpa-web"}, {}, None, True),
        ({"name": "keda-hpa-web"}, {}, "mine", False),
        ({"name": "mine"}, {}, "mine", False),
        ({"name": "mine"}, TAKES, "mine", True),
        ({"name": "other"}, TAKES, "mine", False),
        ({"name": "web"}, {}, None, False),
    ],
)
def test_the_autoscaler_of_a_scaled_object(
    metadata: dict[str, Any], annotations: dict[str, Any], own_name: str | None, expected: bool
) -> None:
    spec = {"advanced": {"horizontalPodAutoscalerConfig": {"name": own_name}}}
    meta = {"annotations": annotations}
    scaled = an_object("ScaledObject", api="keda.sh/v1alpha1", metadata=meta, spec=spec)
    _, (one, other) = world(scaled, hpa(WEB, **metadata))
    assert expected == same_autoscaler(one, other)
    assert expected == same_autoscaler(other, one)


@pytest.mark.parametrize(
    ("kind", "spec", "types"),
    [
        ("autoscaling/v2 HorizontalPodAutoscaler", {}, {"Resource"}),
        (
            "autoscaling/v2 HorizontalPodAutoscaler",
            {"metrics": [{"type": "External"}, {"type": "Pods"}]},
            {"External", "Pods"},
        ),
        ("autoscaling/v2 HorizontalPodAutoscaler", {"metrics": [{"type": "{{ t }}"}]}, None),
        ("autoscaling/v2 HorizontalPodAutoscaler", {"metrics": "text"}, None),
        ("autoscaling/v1 HorizontalPodAutoscaler", {}, {"Resource"}),
        ("keda.sh/v1alpha1 ScaledObject", {}, set()),
        ("keda.sh/v1alpha1 ScaledObject", {"triggers": [{"type": "cpu"}]}, {"cpu"}),
    ],
    ids=str,
)
def test_types_of_metrics(kind: str, spec: dict[str, Any], types: set[str] | None) -> None:
    api, name = kind.split()
    facts, found = world(an_object(name, api=api, spec=spec))
    assert types == facts.autoscaler(found[0]).metric_types
