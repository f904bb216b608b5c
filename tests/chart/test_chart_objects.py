"""What is rendered holds together: names, labels, ports, rights and volumes."""

from __future__ import annotations

import os
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from chart_helm import CI_VALUES, NAMESPACE, Helm, Object, hook, named, of_kind, pod_of

GOLDEN = Path(__file__).resolve().parent / "golden" / "rbac.txt"
CLUSTER_SCOPED = frozenset(
    {"ClusterRole", "ClusterRoleBinding", "ValidatingWebhookConfiguration", "Namespace"}
)
LABEL = re.compile(r"([A-Za-z0-9]([A-Za-z0-9_.-]{0,61}[A-Za-z0-9])?)?")
EXTERNAL = frozenset(
    {"kguard-certificate", "apiserver-ca", "apiserver-token", "kguard-cert", "kguard-test"}
)
"""What values refer to and others make: the user, or cert-manager."""

pytestmark = pytest.mark.parametrize("values", CI_VALUES)


@pytest.fixture
def objects(helm3: Helm, values: str) -> tuple[Object, ...]:
    """Of Helm 3, which renders what Helm 4 does and the disarming hook."""
    return helm3.objects(values)


def workloads(objects: tuple[Object, ...]) -> list[Object]:
    return [each for each in objects if pod_of(each)]


def pod_labels(each: Object) -> dict[str, str]:
    place: dict[str, Any] = each["metadata"] if each["kind"] == "Pod" else each["spec"]["template"]
    labels: dict[str, str] = place.get("metadata", place)["labels"]
    return labels


def selects(selector: dict[str, str], labels: dict[str, str]) -> bool:
    return selector.items() <= labels.items()


def strings(data: Any) -> Iterator[str]:
    if isinstance(data, str):
        yield data
    elif isinstance(data, dict):
        for key, value in data.items():
            yield from strings(key)
            yield from strings(value)
    elif isinstance(data, list):
        for value in data:
            yield from strings(value)


def test_names_are_unique_and_namespaces_right(objects: tuple[Object, ...]) -> None:
    keys = Counter((each["kind"], each["metadata"]["name"]) for each in objects)
    assert [key for key, count in keys.items() if count > 1] == []
    for each in objects:
        expected = None if each["kind"] in CLUSTER_SCOPED else NAMESPACE
        assert each["metadata"].get("namespace") == expected, each["metadata"]["name"]


def test_labels_are_valid_and_say_whose_an_object_is(objects: tuple[Object, ...]) -> None:
    for each in [*(o["metadata"]["labels"] for o in objects), *map(pod_labels, workloads(objects))]:
        assert each["app.kubernetes.io/name"] == "kguard"
        assert each["app.kubernetes.io/instance"] == "release"
        assert all(LABEL.fullmatch(value) for value in each.values()), each


def test_nothing_is_left_of_the_templates(objects: tuple[Object, ...]) -> None:
    for each in objects:
        if each["kind"] in ("PrometheusRule", "ConfigMap"):  # Whose templates are not Helm's.
            continue
        assert [
            text for text in strings(dict(each)) if re.search(r"\{\{|<no value>|<nil>", text)
        ] == []


def test_selectors_take_the_webhook_and_nothing_else(objects: tuple[Object, ...]) -> None:
    deployment = named(objects, "Deployment")
    selectors = [deployment["spec"]["selector"]["matchLabels"]]
    selectors += [each["spec"]["selector"] for each in of_kind(objects, "Service")]
    for kind in ("PodDisruptionBudget", "NetworkPolicy"):
        for each in of_kind(objects, kind):
            spec = each["spec"]
            selectors.append(spec.get("selector", spec.get("podSelector"))["matchLabels"])
    for constraint in pod_of(deployment).get("topologySpreadConstraints", []):
        selectors.append(constraint["labelSelector"]["matchLabels"])
    for selector in selectors:
        taken = [each["kind"] for each in workloads(objects) if selects(selector, pod_labels(each))]
        assert taken == ["Deployment"]
    for monitor in of_kind(objects, "ServiceMonitor"):
        labels = named(objects, "Service")["metadata"]["labels"]
        assert selects(monitor["spec"]["selector"]["matchLabels"], labels)


def test_ports_that_are_referred_to_exist(objects: tuple[Object, ...]) -> None:
    (container,) = pod_of(named(objects, "Deployment"))["containers"]
    ports = {port["name"]: port["containerPort"] for port in container["ports"]}
    service = named(objects, "Service")["spec"]["ports"]
    assert {port["targetPort"] for port in service} == set(ports) == {"https", "health"}
    for probe in ("startupProbe", "livenessProbe", "readinessProbe"):
        assert container[probe]["httpGet"]["port"] == "health"
    for policy in of_kind(objects, "NetworkPolicy"):
        ingress = [port["port"] for rule in policy["spec"]["ingress"] for port in rule["ports"]]
        assert ingress == ["https", "health"]
    for monitor in of_kind(objects, "ServiceMonitor"):
        found = [endpoint["port"] for endpoint in monitor["spec"]["endpoints"]]
        assert found == ["health"]
        assert "health" in {port["name"] for port in service}
    for configuration in of_kind(objects, "ValidatingWebhookConfiguration"):
        for entry in configuration["webhooks"]:
            target = entry["clientConfig"]["service"]
            assert target["port"] in {port["port"] for port in service}
            assert target["name"] == named(objects, "Service")["metadata"]["name"]
            assert target["namespace"] == NAMESPACE
    arguments = container["args"]
    assert f"--port={ports['https']}" in arguments
    assert f"--health-port={ports['health']}" in arguments
    assert (
        container["lifecycle"]["preStop"]["exec"]["command"][-1]
        == f"--health-port={ports['health']}"
    )


def test_volumes_are_mounted_and_their_sources_exist(objects: tuple[Object, ...]) -> None:
    there = {(each["kind"], each["metadata"]["name"]) for each in objects}
    there |= {(kind, name) for kind in ("Secret", "ConfigMap") for name in EXTERNAL}
    for each in workloads(objects):
        pod = pod_of(each)
        mounts = [mount for one in pod["containers"] for mount in one["volumeMounts"]]
        assert Counter(mount["name"] for mount in mounts) == Counter(
            v["name"] for v in pod["volumes"]
        )
        assert [mount for mount in mounts if "subPath" in mount] == []
        for volume in pod["volumes"]:
            if "secret" in volume:
                assert ("Secret", volume["secret"]["secretName"]) in there
            elif "configMap" in volume:
                assert ("ConfigMap", volume["configMap"]["name"]) in there
            else:
                assert volume["emptyDir"]["medium"] == "Memory"


def test_pods_may_do_as_little_as_possible(objects: tuple[Object, ...], values: str) -> None:
    for each in workloads(objects):
        pod = pod_of(each)
        context = pod["securityContext"]
        assert context["runAsNonRoot"] is True
        assert context.get("runAsUser") == (None if values == "existing-account" else 65532)
        assert context["seccompProfile"] == {"type": "RuntimeDefault"}
        assert pod["enableServiceLinks"] is False
        assert isinstance(pod["automountServiceAccountToken"], bool)
        for container in pod["containers"]:
            assert container["securityContext"] == {
                "allowPrivilegeEscalation": False,
                "readOnlyRootFilesystem": True,
                "capabilities": {"drop": ["ALL"]},
            }
            assert "memory" in container["resources"]["limits"]


def test_a_token_is_mounted_where_the_api_is_called(objects: tuple[Object, ...]) -> None:
    pod = pod_of(named(objects, "Deployment"))
    arguments = pod["containers"][0]["args"]
    assert pod["automountServiceAccountToken"] is ("--no-cluster" not in arguments)


def test_service_accounts_exist(objects: tuple[Object, ...], values: str) -> None:
    there = {each["metadata"]["name"] for each in of_kind(objects, "ServiceAccount")}
    there |= {"kguard-webhook"} if values == "existing-account" else set()
    used = {pod_of(each)["serviceAccountName"] for each in workloads(objects)}
    bound = set()
    for kind, role_kind in (("RoleBinding", "Role"), ("ClusterRoleBinding", "ClusterRole")):
        for binding in of_kind(objects, kind):
            role = binding["roleRef"]
            assert (role["kind"], role["apiGroup"]) == (role_kind, "rbac.authorization.k8s.io")
            assert hook(named(objects, role_kind, role["name"])) == hook(binding)
            (subject,) = binding["subjects"]
            assert subject["kind"] == "ServiceAccount"
            assert subject["namespace"] == NAMESPACE
            bound.add(subject["name"])
    assert bound <= used
    assert used <= there
    assert "" not in there | used | bound


def test_rights_are_few_and_named(objects: tuple[Object, ...]) -> None:
    for role in [*of_kind(objects, "Role"), *of_kind(objects, "ClusterRole")]:
        for rule in role["rules"]:
            assert not any("*" in text for text in strings(rule)), role["metadata"]["name"]
            writes = set(rule["verbs"]) - {"get", "list", "watch"}
            if rule["resources"] == ["events"]:  # Which have no names before they are made.
                assert (role["kind"], writes) == ("Role", {"create"})
                continue
            assert "create" not in writes
            assert not writes or rule["resourceNames"]
            if {"secrets", "configmaps"} & set(rule["resources"]):
                assert rule["resourceNames"]


def test_hooks_clean_up_after_themselves(objects: tuple[Object, ...]) -> None:
    for each in objects:
        if hook(each):
            policy = each["metadata"]["annotations"]["helm.sh/hook-delete-policy"]
            assert policy == "before-hook-creation,hook-succeeded"
            assert hook(each) in ("test", "pre-delete")
    for job in of_kind(objects, "Job"):
        assert job["spec"]["ttlSecondsAfterFinished"] > 0
        assert job["spec"]["activeDeadlineSeconds"] > 0


def test_the_pod_outlives_its_own_farewell(objects: tuple[Object, ...]) -> None:
    pod = pod_of(named(objects, "Deployment"))
    (container,) = pod["containers"]
    command = container["lifecycle"]["preStop"]["exec"]["command"]
    assert command[:2] == ["kguard", "drain"]
    (wait,) = (int(word.partition("=")[2]) for word in command if word.startswith("--wait="))
    (grace,) = (int(w.partition("=")[2]) for w in container["args"] if w.startswith("--grace="))
    assert pod["terminationGracePeriodSeconds"] >= wait + grace + 10


def test_drains_are_possible(objects: tuple[Object, ...]) -> None:
    spec = named(objects, "Deployment")["spec"]
    scalers = of_kind(objects, "HorizontalPodAutoscaler")
    replicas = scalers[0]["spec"]["minReplicas"] if scalers else spec["replicas"]
    assert ("replicas" in spec) is not bool(scalers)
    for budget in of_kind(objects, "PodDisruptionBudget"):
        assert budget["spec"]["minAvailable"] < replicas
        assert budget["spec"]["unhealthyPodEvictionPolicy"] == "AlwaysAllow"
    assert bool(of_kind(objects, "PodDisruptionBudget")) is (replicas > 1)


def test_rights_have_not_grown(helm3: Helm, values: str) -> None:
    lines = [f"{values}:"]
    objects = helm3.objects(values)
    for role in sorted(
        [*of_kind(objects, "Role"), *of_kind(objects, "ClusterRole")],
        key=lambda role: (str(role["kind"]), str(role["metadata"]["name"])),
    ):
        for rule in role["rules"]:
            groups = ",".join(group or "core" for group in rule["apiGroups"])
            names = f" [{', '.join(rule['resourceNames'])}]" if "resourceNames" in rule else ""
            where = f"{role['kind']}/{role['metadata']['name']}"
            what = f"{groups}/{','.join(rule['resources'])}{names}"
            lines.append(f"  {where}: {what}: {' '.join(rule['verbs'])}")
    if os.environ.get("KGUARD_UPDATE_GOLDEN"):
        before = "" if values == CI_VALUES[0] else GOLDEN.read_text("utf-8")
        GOLDEN.write_text(before + "\n".join(lines) + "\n", "utf-8")
    golden = dict(
        part.split("\n", 1)
        for part in re.split(r"^(?=\S)", GOLDEN.read_text("utf-8"), flags=re.M)[1:]
    )
    assert lines[1:] == golden[f"{values}:"].splitlines()
