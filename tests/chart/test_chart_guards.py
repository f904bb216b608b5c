"""Values that fit the schema, and that the chart refuses all the same."""

from __future__ import annotations

import json
import re

import pytest
from chart_helm import CHART, Helm, named

GUARDS = [
    pytest.param(
        ['webhook.failurePolicy="Fail"', "replicas=1"], "at least 2 replicas", id="fail-one"
    ),
    pytest.param(
        [
            'webhook.failurePolicy="Fail"',
            'autoscaling={"enabled":true,"minReplicas":1}',
        ],
        "at least 2 replicas",
        id="fail-autoscaled-to-one",
    ),
    pytest.param(
        ['autoscaling={"enabled":true,"minReplicas":7}'], "greater than autoscaling.max", id="hpa"
    ),
    pytest.param(["podDisruptionBudget.minAvailable=2"], "no node could be drained", id="budget"),
    pytest.param(['tls.mode="files"'], "tls.files.secretName", id="files-without-secret"),
    pytest.param(['tls.files.secretName="mine"'], "tls.mode is self", id="secret-without-files"),
    pytest.param(
        ['tls.certManager.issuerRef={"name":"one"}'], "tls.mode is self", id="issuer-without-mode"
    ),
    pytest.param(['clientAuth.names=["api"]'], "clientAuth.caConfigMap", id="names-without-ca"),
    pytest.param(
        ['clientAuth.testSecret="me"'], "clientAuth.caConfigMap", id="test-secret-without-ca"
    ),
    pytest.param(
        [
            "context.enabled=false",
            'policies.webhook.modes=[{"namespace-labels":{"env":"dev"},"mode":"audit"}]',
        ],
        "namespace-labels",
        id="labels-without-context",
    ),
    *(
        pytest.param([f'{labels}={{"{key}":"other"}}'], f"cannot set {key}: objects", id=labels)
        for labels, key in (
            ("commonLabels", "app.kubernetes.io/name"),
            ("podLabels", "helm.sh/chart"),
        )
    ),
    pytest.param(["health.port=10250"], "are the same", id="one-port"),
    pytest.param(["health.port=443"], "health.port is 443", id="port-of-the-service"),
    pytest.param(["replicas=100"], "has no room for 100 pods", id="quota"),
    pytest.param(
        ["autoscaling.enabled=true", "resources.requests.cpu=null"], "requests.cpu", id="hpa-of-cpu"
    ),
    pytest.param(["hostNetwork=true"], "the kubelet", id="kubelet-port"),
    pytest.param(["serviceAccount.create=false"], "serviceAccount.name", id="no-account"),
    *(
        pytest.param(
            [f'serviceAccount={{"create":{create},"name":"default"}}'],
            "serviceAccount.name is default",
            id=f"default-account-{create}",
        )
        for create in ("false", "true")
    ),
    pytest.param(['fullnameOverride="default"'], "is default", id="default-account-by-name"),
    *(
        pytest.param(
            [
                f'webhook.onlyNamespaces=["shop","{name}"]',
                'webhook.exceptNamespaces=["legacy"]',
            ],
            f"onlyNamespaces names {name}",
            id=f"only-{name}",
        )
        for name in ("kube-system", "guards", "legacy")
    ),
    *(
        pytest.param(
            [f'webhook.matchConditions=[{{"name":"{name}","expression":"true"}}]'],
            f"the name {name} twice",
            id=f"condition-{name}",
        )
        for name in (
            *("not-nodes", "not-kguard", "changed", "configuration-of-argo"),
            "not-kube-controllers",
        )
    ),
    pytest.param(
        [f"webhook.matchConditions={json.dumps([{'name': 'a', 'expression': 'true'}] * 2)}"],
        "the name a twice",
        id="condition-twice",
    ),
    *(
        pytest.param(
            [f'extraEnv=[{{"name":"{name}","value":"x"}}]'], f"the name {name} twice", id=name
        )
        for name in ("POD_NAME", "POD_UID")
    ),
    pytest.param(
        [f"extraEnv={json.dumps([{'name': 'TZ', 'value': 'UTC'}] * 2)}"],
        "the name TZ twice",
        id="variable-twice",
    ),
]


@pytest.mark.parametrize(("settings", "words"), GUARDS)
def test_the_chart_refuses(helm: Helm, settings: list[str], words: str) -> None:
    assert words in helm.refusal(*settings)


def test_every_name_of_the_charts_own_conditions_is_taken(helm4: Helm) -> None:
    configuration = named(helm4.objects("strict"), "ValidatingWebhookConfiguration")
    names = {
        each["name"] for entry in configuration["webhooks"] for each in entry["matchConditions"]
    }
    guards = (CHART / "templates" / "guards.yaml").read_text("utf-8")
    (line,) = re.findall(r"\$conditions := list (.*) -", guards)
    assert set(re.findall(r'"([^"]+)"', line)) == names


def test_a_name_of_a_variable_that_the_chart_does_not_set_is_free(helm: Helm) -> None:
    silent = ["context.enabled=false", 'tls.mode="cert-manager"']
    assert helm.refusal(*silent, 'extraEnv=[{"name":"POD_NAME","value":"x"}]') == ""


@pytest.mark.parametrize("namespace", ["kube-system", "kube-public", "kube-node-lease"])
def test_system_namespaces_are_refused(helm: Helm, namespace: str) -> None:
    assert "a namespace of its own" in helm.refusal(namespace=namespace)


def test_conditions_are_refused_where_there_are_none(helm: Helm) -> None:
    assert "need Kubernetes 1.28" in helm.refusal("webhook.skipKubeControllers=true", kube="1.27.9")


def test_too_old_a_kubernetes_is_refused(helm: Helm) -> None:
    assert "incompatible with Kubernetes v1.26.0" in helm.refusal(kube="1.26.0")


def test_versions_of_vendors_are_understood(helm: Helm) -> None:
    # As EKS, GKE and k3s call theirs.
    for version in ("1.30.4-eks-a737599", "1.31.1-gke.1678000", "1.29.0+k3s1"):
        assert "matchConditions:" in helm.text(kube=version)
