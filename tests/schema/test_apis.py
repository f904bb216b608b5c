"""Versions of Kubernetes' APIs by release."""

from __future__ import annotations

import pytest

from kguard.facts import Assumptions, Facts
from kguard.facts.schema.apis import ApiVersion, Standing, api_version
from kguard.index import Index
from kguard.kube import schema
from kguard.kube.recognise import resources


def _said(api: str, kind: str, minor: int) -> ApiVersion | None:
    data = {"apiVersion": api, "kind": kind, "metadata": {"name": "a"}}
    (resource,) = resources(data, "a.yaml")
    return api_version(Facts(Index([resource]), Assumptions(kube=(1, minor))), resource)


GOING = [
    ("batch/v1beta1", "CronJob", 24, Standing.DEPRECATED, 25, "batch/v1 CronJob", True),
    ("batch/v1beta1", "CronJob", 25, Standing.REMOVED, 25, "batch/v1 CronJob", True),
    (
        "extensions/v1beta1",
        "Ingress",
        37,
        Standing.REMOVED,
        22,
        "networking.k8s.io/v1 Ingress",
        False,
    ),
    ("policy/v1beta1", "PodSecurityPolicy", 37, Standing.REMOVED, 25, "", False),
    ("batch/v2alpha1", "CronJob", 37, Standing.REMOVED, 21, "batch/v1 CronJob", False),
    ("v1", "Endpoints", 33, Standing.DEPRECATED, 0, "discovery.k8s.io/v1 EndpointSlice", False),
    (
        "flowcontrol.apiserver.k8s.io/v1beta2",
        "FlowSchema",
        37,
        Standing.REMOVED,
        29,
        "flowcontrol.apiserver.k8s.io/v1 FlowSchema",
        True,
    ),
    (
        "flowcontrol.apiserver.k8s.io/v1beta2",
        "FlowSchema",
        28,
        Standing.DEPRECATED,
        29,
        "flowcontrol.apiserver.k8s.io/v1beta3 FlowSchema",
        True,
    ),
    (
        "flowcontrol.apiserver.k8s.io/v1beta1",
        "FlowSchema",
        28,
        Standing.REMOVED,
        26,
        "flowcontrol.apiserver.k8s.io/v1beta3 FlowSchema",
        True,
    ),
    ("networking.k8s.io/v1alpha1", "ServiceCIDR", 30, Standing.DEPRECATED, 33, "", False),
    (
        "admission.k8s.io/v1beta1",
        "AdmissionReview",
        37,
        Standing.DEPRECATED,
        0,
        "admission.k8s.io/v1 AdmissionReview",
        False,
    ),
    ("resource.k8s.io/v1alpha2", "ResourceClaim", 30, None, 0, "", False),
    (
        "resource.k8s.io/v1alpha2",
        "ResourceClaim",
        34,
        Standing.REMOVED,
        31,
        "resource.k8s.io/v1 ResourceClaim",
        False,
    ),
    (
        "admissionregistration.k8s.io/v1",
        "ValidatingAdmissionPolicy",
        29,
        Standing.TOO_NEW,
        30,
        "admissionregistration.k8s.io/v1beta1 ValidatingAdmissionPolicy",
        False,
    ),
    ("apps/v1beta3", "Deployment", 34, Standing.UNKNOWN, 0, "apps/v1 Deployment", False),
    ("v1", "Deployment", 34, Standing.UNKNOWN, 0, "apps/v1 Deployment", False),
    ("apps/v1", "Deploymnet", 34, Standing.UNKNOWN, 0, "apps/v1 Deployment", False),
    ("rbac/v1", "Role", 34, Standing.UNKNOWN, 0, "rbac.authorization.k8s.io/v1 Role", False),
]


@pytest.mark.parametrize(
    ("api", "kind", "minor", "standing", "when", "instead", "same"),
    GOING,
    ids=[f"{api} {kind} in 1.{minor}" for api, kind, minor, *_ in GOING],
)
def test_what_is_wrong_with_a_version(
    api: str,
    kind: str,
    minor: int,
    standing: Standing | None,
    when: int,
    instead: str,
    same: bool,
) -> None:
    found = _said(api, kind, minor)
    if found is None:
        assert standing is None
        return
    assert (standing, when, instead, same) == (
        found.standing,
        found.minor,
        found.replacement,
        found.same_shape,
    )


FINE = [
    ("apps/v1", "Deployment", 37),
    ("batch/v1beta1", "CronJob", 20),
    ("apps/v9", "Deployment", 99),
    ("serving.knative.dev/v1", "Service", 37),
    ("gateway.networking.k8s.io/v1", "Gateway", 37),
    ("autoscaling.k8s.io/v1", "VerticalPodAutoscaler", 37),
    ("v1", "DeploymentConfig", 37),
    ("v1", "Template", 37),
    ("v1", "Config", 37),
    ("skaffold/v4beta1", "Config", 37),
    ("apps.openshift.io/v1", "DeploymentConfig", 37),
    ("v1", "PodList", 37),
    ("example.com/v1", "Deployment", 37),
]


@pytest.mark.parametrize(("api", "kind", "minor"), FINE, ids=[f"{a} {k}" for a, k, _ in FINE])
def test_what_is_left_alone(api: str, kind: str, minor: int) -> None:
    assert _said(api, kind, minor) is None


def test_every_replacement_is_served_by_the_newest_release() -> None:
    table = schema._table()
    newest = schema.releases()[1]
    for name in table["apis"]:
        found = schema.lifecycle(name)
        assert found is not None
        kind = schema.kind(found.replacement) if found.replacement else None
        assert not found.replacement or (kind is not None and kind.span.holds(newest)), name
