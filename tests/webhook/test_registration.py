"""What the API server is told: the static manifest, and how it is checked before it is written."""

from __future__ import annotations

import base64
import re
from typing import Any

import pytest
from front_pki import issue

from kguard.facts.scopes import EACH
from kguard.kube.recognise import DRONE_KINDS
from kguard.webhook import app, registration
from kguard.webhook.cluster.client import ClusterError
from kguard.webhook.registration import (
    CONDITIONS,
    PATH,
    RULES,
    Disarmed,
    RegistrationError,
    disarm,
    is_sent,
    static_manifest,
)
from kguard.webhook.skip import JUDGED_SUB_RESOURCES

URL = "https://kguard.example.com:10250/validate"
CA = issue("CA").cert


class Stored:
    """A configuration of two entries in an API server."""

    def __init__(self, patch: pytest.MonkeyPatch) -> None:
        self.policies: list[str] | None = ["Fail", "Fail"]
        patch.setattr(registration, "call", self.call)

    def call(self, client: Any, method: str, path: str, *, body: Any = (), **more: Any) -> Any:
        assert path.endswith("/validatingwebhookconfigurations/kguard")
        if self.policies is None:
            raise ClusterError("not found", status=404)
        if method == "DELETE":
            self.policies = None
            return {}
        for each in body:
            _, webhooks, entry, key = each["path"].split("/")
            assert (each["op"], webhooks, key) == ("add", "webhooks", "failurePolicy")
            self.policies[int(entry)] = each["value"]
        return {"webhooks": [{"failurePolicy": policy} for policy in self.policies]}


@pytest.fixture
def stored(monkeypatch: pytest.MonkeyPatch) -> Stored:
    return Stored(monkeypatch)


def test_no_entry_fails_anybody_once_it_is_disarmed(stored: Stored) -> None:
    client: Any = None
    assert disarm(client, "kguard") is Disarmed.IGNORED
    assert stored.policies == ["Ignore", "Ignore"]


def test_what_is_disarmed_for_good_is_gone(stored: Stored) -> None:
    client: Any = None
    assert disarm(client, "kguard", delete=True) is Disarmed.DELETED
    assert stored.policies is None
    assert disarm(client, "kguard", delete=True) is Disarmed.GONE


def manifest(**more: Any) -> dict[str, Any]:
    given = {"url": URL, "bundle": CA, "failure_policy": "Ignore", "namespaces": (), **more}
    return static_manifest(**given)


def webhooks(**more: Any) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = manifest(**more)["webhooks"]
    return found


def test_a_static_manifest_has_a_name_and_an_address_of_its_own() -> None:
    found = manifest()
    assert found["metadata"] == {"name": "kguard.static.k8s.io"}
    for webhook in found["webhooks"]:
        client = webhook["clientConfig"]
        assert client["url"] == URL
        assert "service" not in client
        assert base64.b64decode(client["caBundle"]) == CA


def test_what_every_entry_has_to_say() -> None:
    for webhook in webhooks():
        assert webhook["admissionReviewVersions"] == ["v1"]
        assert webhook["sideEffects"] == "None"
        assert webhook["matchPolicy"] == "Equivalent"
        assert webhook["timeoutSeconds"] == 5
        assert webhook["name"].count(".") >= 2  # A fully qualified name has three labels.


def test_only_namespaced_objects_can_be_refused_by_an_outage() -> None:
    first, second = webhooks(failure_policy="Fail")
    assert (first["failurePolicy"], second["failurePolicy"]) == ("Fail", "Ignore")
    assert {rule["scope"] for rule in first["rules"]} == {"Namespaced"}
    (rule,) = second["rules"]
    assert rule["resources"] == ["clusterworkflowtemplates"]


def test_nothing_is_asked_of_system_namespaces() -> None:
    first, _ = webhooks(namespaces=["kguard", "kube-system"])
    (expression,) = first["namespaceSelector"]["matchExpressions"]
    assert expression == {
        "key": "kubernetes.io/metadata.name",
        "operator": "NotIn",
        "values": ["kube-system", "kube-public", "kube-node-lease", "kguard"],
    }


def test_every_kind_that_a_policy_judges_is_asked_about() -> None:
    judged = {
        kind
        for name, each in EACH.items()
        if name != "quantity"  # Of kinds that have no more than that, the API server itself does.
        for kind in each.kinds or ()
    }
    assert {kind for kind in judged if not is_sent(*kind)} == {
        # Documents that are no objects of a cluster.
        *(("drone.io", kind) for kind in DRONE_KINDS),
        *(("woodpecker-ci.org", "workflow"), ("", "Dockerfile"), ("", "HelmValues")),
        ("", "PodTemplate"),  # Makes no Pods.
        ("serving.knative.dev", "Service"),  # Makes Deployments, which are asked about.
        ("apps.openshift.io", "DeploymentConfig"),  # Makes ReplicationControllers, likewise.
        # Come before or after what they are about, so that only a whole repository tells.
        *(("", "Service"), ("networking.k8s.io", "Ingress"), ("extensions", "Ingress")),
        *(("autoscaling.k8s.io", "VerticalPodAutoscaler"), ("", "LimitRange")),
        # No longer served since Kubernetes 1.16.
        *(("extensions", kind) for kind in ("Deployment", "DaemonSet", "ReplicaSet")),
    }


def test_sub_resources_that_are_asked_about_are_those_that_carry_the_object() -> None:
    asked = {resource.partition("/")[2] for _, _, names in RULES for resource in names}
    assert asked == JUDGED_SUB_RESOURCES


def test_conditions_are_named_as_the_api_wants_it_and_trust_no_author() -> None:
    for name, expression in CONDITIONS:
        assert re.fullmatch(r"[a-z]([a-z-]*[a-z])?", name)
        assert expression.count("(") == expression.count(")")
        assert not re.search(r"deletionTimestamp|ownerReferences|labels\[", expression)


@pytest.mark.parametrize(
    "url",
    [
        "http://kguard.example.com/validate",
        "https:///validate",
        "kguard.example.com",
        "",
        "https://kguard.example.com/validate?timeout=1s",
        "https://kguard.example.com/validate#x",
        "https://kguard.example.com/validate?",
        "https://me@kguard.example.com/validate",
        "https://kguard.example.com:port/validate",
        "https://kguard.example.com:0/validate",
        "https://[::1/validate",
    ],
)
def test_an_address_that_the_api_server_refuses(url: str) -> None:
    with pytest.raises(RegistrationError, match="is no https URL without user, query and fragment"):
        manifest(url=url)


@pytest.mark.parametrize(
    "path", ["/review", "/validate/", "//validate", "/Validate", "/a/validate"]
)
def test_a_path_at_which_nobody_answers(path: str) -> None:
    with pytest.raises(RegistrationError, match="answers at `/validate` and nowhere else"):
        manifest(url=f"https://kguard.example.com{path}")


@pytest.mark.parametrize("host", ["10.0.0.5:10250", "[::1]:10250", "kguard.example.com"])
@pytest.mark.parametrize("path", ["", "/", "/validate"])
def test_the_path_may_be_left_out(host: str, path: str) -> None:
    for webhook in webhooks(url=f"https://{host}{path}"):
        assert webhook["clientConfig"]["url"] == f"https://{host}/validate"
    assert PATH == app.PATH


@pytest.mark.parametrize("bundle", [b"", b"\0", b"-----BEGIN PRIVATE KEY-----\n", b"text"])
def test_a_bundle_without_a_certificate(bundle: bytes) -> None:
    with pytest.raises(RegistrationError, match="holds no certificate"):
        manifest(bundle=bundle)
