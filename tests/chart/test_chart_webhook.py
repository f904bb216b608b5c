"""What the API server sends to the webhook, and what the webhook is started with."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from chart_helm import CHART, CI_VALUES, NAMESPACE, Helm, Object, hook, named, of_kind, pod_of

from kguard.cli import build_parser
from kguard.facts.scopes import EACH
from kguard.kube.recognise import HELM_VALUES
from kguard.policy.registry import build_registry, builtin
from kguard.webhook import registration
from kguard.webhook.metrics import SAMPLED, Metrics
from kguard.webhook.options import Options
from kguard.webhook.policyset import CONTROLLERS, build_policy_set

SYSTEM = ["kube-system", "kube-public", "kube-node-lease"]


def entries(helm: Helm, values: str = "default", *sets: str, **more: str) -> list[dict[str, Any]]:
    configuration = named(helm.objects(values, *sets, **more), "ValidatingWebhookConfiguration")
    found: list[dict[str, Any]] = configuration["webhooks"]
    return found


def conditions(entry: dict[str, Any]) -> dict[str, str]:
    return {each["name"]: each["expression"] for each in entry.get("matchConditions", [])}


@pytest.mark.parametrize("values", CI_VALUES)
def test_entries(helm: Helm, values: str) -> None:
    namespaced, cluster = entries(helm, values)
    assert namespaced["name"] == "admission.kguard.dev"
    assert cluster["name"] == "cluster.admission.kguard.dev"
    for entry in (namespaced, cluster):
        assert entry["admissionReviewVersions"] == ["v1"]
        assert entry["sideEffects"] == "None"
        assert entry["matchPolicy"] == "Equivalent"
        assert 1 <= entry["timeoutSeconds"] <= 30
        assert entry["clientConfig"]["service"]["path"] == "/validate"
        assert all(rule["operations"] == ["CREATE", "UPDATE"] for rule in entry["rules"])
        assert "objectSelector" not in entry  # Whoever writes an object could opt out of it.
    assert {rule["scope"] for rule in namespaced["rules"]} == {"Namespaced"}
    assert {rule["scope"] for rule in cluster["rules"]} == {"Cluster"}
    assert "namespaceSelector" not in cluster
    assert cluster["failurePolicy"] == "Ignore"
    assert namespaced["failurePolicy"] == (
        "Fail" if values in ("strict", "autoscaling") else "Ignore"
    )


@pytest.mark.parametrize("values", CI_VALUES)
def test_the_cluster_can_start_without_it(helm: Helm, values: str) -> None:
    selector = entries(helm, values)[0]["namespaceSelector"]["matchExpressions"]
    assert {each["key"] for each in selector} == {"kubernetes.io/metadata.name"}
    (excluded,) = (each["values"] for each in selector if each["operator"] == "NotIn")
    assert [*SYSTEM, NAMESPACE] == excluded[:4]
    assert len(set(excluded)) == len(excluded)


def test_namespaces_can_be_chosen(helm: Helm) -> None:
    entry = entries(
        helm, "default", 'webhook.onlyNamespaces=["shop"]', 'webhook.exceptNamespaces=["media"]'
    )[0]
    assert entry["namespaceSelector"]["matchExpressions"] == [
        {
            "key": "kubernetes.io/metadata.name",
            "operator": "NotIn",
            "values": [*SYSTEM, NAMESPACE, "media"],
        },
        {"key": "kubernetes.io/metadata.name", "operator": "In", "values": ["shop"]},
    ]


NOT_SENT = {
    ("", "Dockerfile"),
    # The API server refuses itself what policies find there: quantities that are none.
    *(("", kind) for kind in ("LimitRange", "PersistentVolume", "PersistentVolumeClaim")),
    *(("", "ResourceQuota"), ("autoscaling.k8s.io", "VerticalPodAutoscaler")),
    ("", "PodTemplate"),  # Nothing makes pods of it.
    *(("extensions", kind) for kind in ("DaemonSet", "Deployment", "ReplicaSet")),  # Gone in 1.16.
    ("serving.knative.dev", "Service"),  # Its pods come from a Deployment, which is sent.
    # Its pods come from ReplicationControllers, which are sent.
    ("apps.openshift.io", "DeploymentConfig"),
    ("argoproj.io", "ClusterWorkflowTemplate"),  # By the other entry.
}


def test_every_kind_that_policies_judge_is_sent(helm: Helm) -> None:
    sent = {
        (group, resource)
        for rule in entries(helm)[0]["rules"]
        for group in rule["apiGroups"]
        for resource in rule["resources"]
    }
    judged = {
        (group, kind)
        for policy in builtin()
        if policy.doors == "both"
        for group, kind in EACH[policy.each].kinds or ()
        if not policy.kinds or kind in policy.kinds
    }
    assert ("apps", "Deployment") in judged
    missing = {(g, k) for g, k in judged if (g, f"{k.lower()}s") not in sent}
    missing.discard(("", HELM_VALUES))
    assert missing == NOT_SENT


def test_scale_is_sent_to_whoever_wants_it(helm: Helm) -> None:
    def resources(*sets: str) -> set[str]:
        return {
            r for rule in entries(helm, "default", *sets)[0]["rules"] for r in rule["resources"]
        }

    usual = resources()
    assert not [resource for resource in usual if resource.endswith("/scale")]
    kinds = ("deployments", "statefulsets", "replicasets", "replicationcontrollers")
    assert resources("webhook.scale=true") - usual == {f"{kind}/scale" for kind in kinds}


def test_policies_of_what_is_never_sent_say_so(helm: Helm) -> None:
    sent = {
        (group, resource)
        for entry in entries(helm)
        for rule in entry["rules"]
        for group in rule["apiGroups"]
        for resource in rule["resources"]
        if resource != "configmaps"
    }
    never = [
        policy.id
        for policy in builtin()
        if policy.doors == "both" and (kinds := EACH[policy.each].kinds)
        if not any(
            (group, f"{kind.lower()}s") in sent
            for group, kind in kinds
            if not policy.kinds or kind in policy.kinds
        )
    ]
    # Of Argo's controller, whose ConfigMap is the only one that is sent.
    assert [policy for policy in never if not policy.startswith("argo-")] == []


def test_the_same_is_registered_without_the_chart(helm: Helm) -> None:
    rules = [
        (*rule["apiGroups"], *rule["apiVersions"], tuple(rule["resources"]))
        for rule in entries(helm)[0]["rules"]
    ]
    assert sorted(rules) == sorted(registration.RULES)
    found = conditions(entries(helm)[0])
    expected = {name: "".join(text.split()) for name, text in registration.CONDITIONS}
    assert {name: "".join(found[name].split()) for name in expected} == expected


@pytest.mark.parametrize("kube", ["1.28.0", "1.30.4-eks-a737599", "1.37.0"])
def test_conditions(helm: Helm, kube: str) -> None:
    namespaced, cluster = (conditions(entry) for entry in entries(helm, kube=kube))
    assert list(namespaced) == ["not-nodes", "not-kguard", "changed", "configuration-of-argo"]
    assert list(cluster) == ["not-nodes", "not-kguard", "changed"]
    assert "'system:serviceaccount:guards:kguard'" in namespaced["not-kguard"]
    argo = namespaced["configuration-of-argo"]
    assert "request.namespace + '/' + object.metadata.name" in argo
    assert "['argo/workflow-controller-configmap']" in argo
    for expression in [*namespaced.values(), *cluster.values()]:
        assert expression.count("(") == expression.count(")")
        assert "\n" not in expression


def test_without_conditions_no_configmap_is_sent(helm: Helm) -> None:
    for entry in entries(helm, kube="1.27.0"):
        assert "matchConditions" not in entry
        assert all("configmaps" not in rule["resources"] for rule in entry["rules"])
    (core,) = (rule for rule in entries(helm)[0]["rules"] if rule["apiGroups"] == [""])
    assert "configmaps" in core["resources"]


def test_controllers_that_are_skipped_are_those_that_are_trusted(helm: Helm) -> None:
    expression = conditions(entries(helm, "strict")[0])["not-kube-controllers"]
    names = set(re.findall(r"'(system:[^']+)'", expression))
    assert names == CONTROLLERS
    assert "not-kube-controllers" not in conditions(entries(helm)[0])


def test_only_what_controllers_make_of_templates_is_skipped(helm: Helm) -> None:
    expression = conditions(entries(helm, "strict")[0])["not-kube-controllers"]
    (resources,) = re.findall(r"request\.resource\.resource in \[([^]]*)\]", expression)
    assert set(re.findall(r"'([^']+)'", resources)) == {"pods", "replicasets", "jobs"}


def test_own_conditions_come_last(helm: Helm) -> None:
    for entry in entries(helm, "autoscaling"):
        assert list(conditions(entry))[-1] == "not-backup"
        account = "'system:serviceaccount:guards:platform-webhook'"
        assert account in conditions(entry)["not-kguard"]


def test_ca_of_files_is_given_to_the_api_server(helm: Helm) -> None:
    for entry in entries(helm, "files"):
        assert entry["clientConfig"]["caBundle"].startswith("LS0tLS1CRUdJTiBDRVJUSUZJQ0FURS0tLS0t")


def test_cert_manager_is_told_what_to_inject(helm: Helm) -> None:
    objects = helm.objects("cert-manager-own-ca")
    configuration = named(objects, "ValidatingWebhookConfiguration")
    annotations = configuration["metadata"]["annotations"]
    assert annotations["cert-manager.io/inject-ca-from"] == "guards/kguard"
    assert annotations["admissions.enforcer/disabled"] == "true"
    certificate = named(objects, "Certificate", "kguard")["spec"]
    issuer = named(objects, "Issuer", certificate["issuerRef"]["name"])
    authority = named(objects, "Certificate", "kguard-ca")["spec"]
    assert issuer["spec"] == {"ca": {"secretName": authority["secretName"]}}
    assert authority["isCA"] is True
    assert "kguard.guards.svc" in certificate["dnsNames"]
    (volume,) = (v for v in pod_of(named(objects, "Deployment"))["volumes"] if v["name"] == "tls")
    assert volume["secret"]["secretName"] == certificate["secretName"]


WITH_CONTEXT = set(CI_VALUES) - {"no-context", "minimal", "cert-manager-own-ca"}


def commands(objects: tuple[Object, ...]) -> Iterator[list[str]]:
    """The words after `kguard` in every container and handler."""
    for each in objects:
        for container in (pod_of(each) or {"containers": []})["containers"]:
            yield container["args"]
            if "lifecycle" in container:
                program, *words = container["lifecycle"]["preStop"]["exec"]["command"]
                assert program == "kguard"
                yield words


@pytest.mark.parametrize("values", CI_VALUES)
def test_kguard_knows_its_arguments(helm3: Helm, values: str) -> None:
    parser = build_parser()
    for words in commands(helm3.objects(values)):
        try:
            arguments = parser.parse_args(words)
        except SystemExit:
            pytest.fail(f"kguard {shlex.join(words)}")
        if words[0] == "serve":
            arguments.policies = None  # There is no such directory here.
            options = Options.of(arguments, NAMESPACE)
            assert options.cluster is ("--no-cluster" not in words)
            assert options.context is (values in WITH_CONTEXT)


@pytest.mark.parametrize("values", CI_VALUES)
def test_policies_can_be_used(helm: Helm, values: str, tmp_path: Path) -> None:
    objects = helm.objects(values)
    (found,) = (
        each
        for each in of_kind(objects, "ConfigMap")
        if each["metadata"]["name"].endswith("-policies")
    )
    contents = {name: text.encode() for name, text in found["data"].items()}
    policies = build_policy_set(contents, build_registry(builtin()), str(tmp_path))
    exceptions = sum(len(each) for each in policies.exceptions.values())
    assert exceptions == (1 if values == "strict" else 0)
    assert "system:serviceaccount:argo:argo" in policies.trusted


def test_large_numbers_stay_whole(helm: Helm) -> None:
    # Helm reads numbers as floating-point ones, and 1e+06 is no integer to others.
    data = named(helm.objects("strict"), "ConfigMap", "kguard-policies")["data"]
    assert "max_bytes: 12345678\n" in data["kguard.yaml"]


KNOWN = {
    *("apiserver_admission_webhook_fail_open_count", "apiserver_admission_webhook_rejection_count"),
    "apiserver_admission_webhook_admission_duration_seconds_bucket",
}


def metric_names() -> set[str]:
    """Every name under which something of ours can be asked for."""
    names = set(KNOWN)
    for family in Metrics().registry.collect():
        endings = {
            "counter": ("_total",),
            "gauge": ("",),
            "histogram": ("_bucket", "_sum", "_count"),
        }[family.type]
        names |= {family.name + ending for ending in endings}
    return names


def asked(expression: str) -> set[str]:
    return set(re.findall(r"\b(?:kguard|apiserver)_\w+", expression))


def test_alerts_ask_for_metrics_there_are(helm: Helm) -> None:
    (group,) = named(helm.objects("monitoring"), "PrometheusRule")["spec"]["groups"]
    names = {rule["alert"] for rule in group["rules"]}
    assert {
        *("KguardDown", "KguardFailOpen", "KguardCertExpiring", "KguardP99High"),
        *("KguardReviewErrors", "KguardBundleMismatch", "KguardPoliciesRejected"),
        *("KguardContextUnsynced", "KguardFailClosed"),
    } == names
    for rule in group["rules"]:
        assert asked(rule["expr"])
        assert asked(rule["expr"]) - metric_names() == set(), rule["alert"]
        assert rule["annotations"]["summary"]
        assert rule["annotations"]["description"]
        assert rule["expr"].count("{") == rule["expr"].count("}")


def test_the_dashboard_asks_for_metrics_there_are(helm: Helm) -> None:
    text = named(helm.objects("monitoring"), "ConfigMap", "kguard-dashboard")["data"]["kguard.json"]
    assert json.loads(text) == json.loads((CHART / "files" / "dashboard.json").read_text("utf-8"))
    dashboard = json.loads(text)
    panels = [panel for panel in dashboard["panels"] if panel["type"] != "row"]
    assert len({panel["id"] for panel in dashboard["panels"]}) == len(dashboard["panels"])
    queries = [target["expr"] for panel in panels for target in panel["targets"]]
    assert asked(" ".join(queries)) - metric_names() == set()
    unused = {name for name in metric_names() if name.startswith("kguard_")} - asked(
        " ".join(queries)
    )
    # A histogram is asked for by one of its three series, and some figures are for logs and alerts.
    stems = {re.sub(r"_(bucket|sum|count)$", "", name) for name in asked(" ".join(queries))}
    assert {n for n in unused if re.sub(r"_(bucket|sum|count)$", "", n) not in stems} == {
        "kguard_last_reload_timestamp_seconds"
    }
    cells = [
        (panel["gridPos"]["x"] + x, panel["gridPos"]["y"] + y)
        for panel in dashboard["panels"]
        for x in range(panel["gridPos"]["w"])
        for y in range(panel["gridPos"]["h"])
    ]
    assert len(set(cells)) == len(cells), "panels overlap"
    assert max(x for x, _ in cells) < 24


def test_what_is_sampled_is_scaled_on_the_dashboard() -> None:
    queries = (CHART / "files" / "dashboard.json").read_text("utf-8")
    factors = re.findall(
        r"topk\(10, (\d+) \* sum by \(policy\) \(rate\(kguard_policy_duration_seconds_sum", queries
    )
    assert factors == [str(SAMPLED)]


def test_alerts_without_a_ca_of_our_own(helm: Helm) -> None:
    objects = helm.objects("cert-manager", "monitoring.prometheusRule.enabled=true")
    (group,) = named(objects, "PrometheusRule")["spec"]["groups"]
    assert "KguardBundleMismatch" not in {rule["alert"] for rule in group["rules"]}


def test_no_alert_on_a_cluster_that_is_not_read(helm: Helm) -> None:
    objects = helm.objects("no-context", "monitoring.prometheusRule.enabled=true")
    (group,) = named(objects, "PrometheusRule")["spec"]["groups"]
    assert "KguardContextUnsynced" not in {rule["alert"] for rule in group["rules"]}


def test_the_network_is_open_to_the_api_server_only_where_it_is_called(helm: Helm) -> None:
    silent = named(helm.objects("cert-manager-own-ca"), "NetworkPolicy")["spec"]
    assert silent["egress"] == []
    assert "from" not in silent["ingress"][0]
    spec = named(helm.objects("monitoring"), "NetworkPolicy")["spec"]
    assert spec["egress"] == [{"ports": [{"protocol": "TCP", "port": 6443}]}]
    assert spec["ingress"][0]["from"] == [{"ipBlock": {"cidr": "172.16.0.0/28"}}]
    assert spec["policyTypes"] == ["Ingress", "Egress"]


def test_metrics_are_open_to_the_peers_that_are_given_alone(helm: Helm) -> None:
    (rule,) = (
        rule
        for rule in named(helm.objects("monitoring"), "NetworkPolicy")["spec"]["ingress"]
        if rule["ports"] == [{"protocol": "TCP", "port": "health"}]
    )
    labels = {"kubernetes.io/metadata.name": "monitoring"}
    assert rule["from"] == [{"namespaceSelector": {"matchLabels": labels}}]


def test_the_probe_is_left_out_where_it_cannot_show_who_it_is(helm: Helm) -> None:
    unknown = helm.objects("files", 'clientAuth.testSecret=""')
    assert [each for each in unknown if hook(each) == "test"] == []
    assert any(each["kind"] == "Pod" for each in helm.objects() if hook(each) == "test")
    (pod,) = (pod_of(each) for each in helm.objects("files") if each["kind"] == "Pod")
    assert pod["containers"][0]["args"][-3:] == [
        "--client-cert=/client/tls.crt",
        "--client-key=/client/tls.key",
        "--token-file=/bearer-token/token",
    ]
