"""values.yaml, its schema, and what is refused."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import jsonschema
import pytest
import yaml
from chart_helm import CHART, CI_VALUES, KUBE_VERSIONS, ROOT, Helm, named

from kguard import __version__

VALUES = (CHART / "values.yaml").read_text("utf-8")
SCHEMA = json.loads((CHART / "values.schema.json").read_text("utf-8"))
FREE = frozenset(
    {
        *("policies.settings", "policies.webhook", "tls.certManager.issuerRef", "affinity"),
        *("nodeSelector", "commonLabels", "podLabels", "podAnnotations", "podSecurityContext"),
        *("securityContext", "webhook.annotations", "serviceAccount.annotations"),
        *("monitoring.serviceMonitor.labels", "monitoring.prometheusRule.labels"),
        *("monitoring.dashboard.labels", "monitoring.dashboard.annotations"),
        *("resources.requests", "resources.limits", "resources.claims", "global"),
    }
)
"""Objects whose keys are the user's or Kubernetes', and that the schema does not list."""


class AsHelm(yaml.SafeLoader):
    """YAML as Helm reads it: a day is text."""


AsHelm.yaml_implicit_resolvers = {
    first: [(tag, expression) for tag, expression in resolvers if not tag.endswith(":timestamp")]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


def leaves(group: Any, above: str = "") -> Iterator[str]:
    """The paths of all settings below a group of values.yaml."""
    for key, value in group.items():
        path = f"{above}{key}"
        if path in FREE or not isinstance(value, dict):
            yield path
        else:
            yield from leaves(value, f"{path}.")


def described(part: Any, above: str = "") -> Iterator[str]:
    """The paths of all settings that the schema knows."""
    for key, value in part["properties"].items():
        path = f"{above}{key}"
        if path in FREE or "properties" not in value:
            yield path
        else:
            yield from described(value, f"{path}.")


def closed(part: Any, above: str = "") -> Iterator[str]:
    """The paths of all objects that the schema lets no other key into."""
    if part.get("additionalProperties") is False:
        yield above
    for key, value in part.get("properties", {}).items():
        yield from closed(value, f"{above}.{key}".lstrip("."))


def test_schema_and_values_hold_the_same_settings() -> None:
    optional = {"global", "resources.claims"}
    assert set(described(SCHEMA)) - optional == set(leaves(yaml.safe_load(VALUES)))


def test_no_object_of_ours_is_open() -> None:
    groups = {path.rpartition(".")[0] for path in described(SCHEMA)}
    assert groups <= set(closed(SCHEMA))


def test_schema_is_one() -> None:
    jsonschema.Draft7Validator.check_schema(SCHEMA)


@pytest.mark.parametrize("values", CI_VALUES)
def test_values_of_ci_fit_the_schema(values: str) -> None:
    text = (CHART / "ci" / f"{values}-values.yaml").read_text("utf-8")
    given = yaml.load(text, AsHelm)
    jsonschema.Draft7Validator(SCHEMA).validate(merged(yaml.safe_load(VALUES), given))


def merged(below: Any, above: Any) -> Any:
    if not isinstance(below, dict) or not isinstance(above, dict):
        return above
    return {**below, **{key: merged(below.get(key), value) for key, value in above.items()}}


EXCEPTION = {
    "policy": "missing-memory-limit",
    "kind": "StatefulSet",
    "namespace": "search",
    "name": "index",
    "reason": "the loader maps the index into memory",
    "owner": "team-search@example.com",
    "expires": "2027-03-01",
}
NO_EXCEPTIONS: list[dict[str, Any]] = [
    {"expires": "1 March 2027"},
    {"expires": 20270301},
    {"owner": ""},
    {"reason": "x" * 1001},
    {"name": "index-*"},
    {"generate-name": "index-"},
    {"until": "2027-03-01"},
]

WRONG = [
    "replica=3",
    "replicas=0",
    'replicas="2"',
    "replicas=1.5",
    'webhook.failurepolicy="Fail"',
    'webhook.failurePolicy="ignore"',
    "webhook.timeoutSeconds=31",
    "webhook.port=0",
    'webhook.onlyNamespaces="shop"',
    'webhook.onlyNamespaces=["Shop"]',
    'webhook.exceptNamespaces=["*"]',
    'webhook.matchConditions=[{"name":"one"}]',
    'webhook.annotations={"a":true}',
    'image.digest="sha256:12"',
    'image.tag="a b"',
    'image.pullPolicy="Sometimes"',
    'imagePullSecrets=["registry"]',
    'policies.webhook.mode="deny"',
    'policies.webhook.modes=[{"mode":"deny"}]',
    'policies.webhook.modes=[{"namespace":["shop"],"mode":"warn"}]',
    'policies.webhook.modes=[{"namespaces":"shop","mode":"warn"}]',
    'policies.webhook.modes=[{"policies":[],"mode":"warn"}]',
    "policies.webhook.modes=[{}]",
    'policies.webhook.modes=[{"namespaces":["shop"]}]',
    'policies.webhook.modes=[{"namespaces":["Shop"],"mode":"warn"}]',
    'policies.webhook.deny-at="fatal"',
    'policies.webhook.on-error="ignore"',
    'policies.webhook.ratchet="yes"',
    "policies.webhook.enforce-through=0.1",
    'policies.webhook.denyAt="error"',
    'policies.settings.profile="strictest"',
    'policies.settings.profil="strict"',
    'policies.settings.deselect="image-latest"',
    'policies.settings.fail-on="error"',
    'policies.settings.ignore=[{"policies":["ALL"]}]',
    'policies.settings.image-map="images.yaml"',
    "policies.settings.kube-version=1.30",
    'policies.settings.policies={"image-latest":{"severity":"fatal"}}',
    'policies.settings.policies={"image-latest":{"param":{}}}',
    'policies.settings.policies={"memory-absurdly-small":{"params":{"min-memory":"16Mi"}}}',
    'policies.settings.policies={"memory-absurdly-small":{"params":{"min_memory":16}}}',
    'policies.settings.overrides=[{"paths":["apps/"],"profile":"strict"}]',
    'policies.settings.overrides=[{"namespaces":["a"],"policies":{"single-replica":'
    '{"params":{"min":1}}}}]',
    'policies.exceptions=[{"policy":"image-latest"}]',
    *(f"policies.exceptions={json.dumps([{**EXCEPTION, **wrong}])}" for wrong in NO_EXCEPTIONS),
    "policies.exceptions={}",
    "policies.setting={}",
    'tls.mode="selfsigned"',
    "tls.minVersion=1.2",
    'tls.certManager.issuerRef={"kind":"Issuer"}',
    'tls.files.caBundle="LS0t"',
    'context.enabled="true"',
    'context.argoConfigMaps="argo/workflow-controller-configmap"',
    'context.argoConfigMaps=["workflow-controller-configmap"]',
    'context.argoConfigMaps=["argo/"]',
    'context.argoConfigMaps=["a.b/c"]',
    'context.argoConfigMaps=["it\'s"]',
    'serviceAccount.name="a\'b"',
    'fullnameOverride="Kguard"',
    'extraArgs=["serve"]',
    "extraEnv={}",
    "shutdown.drainSeconds=0",
    "resources.limit={}",
    "monitoring.enabled=true",
    "networkPolicy.apiServerPorts=[]",
    'networkPolicy.apiServerPorts=["https"]',
    "disarm=true",
    # As `webhook:` and `failurePolicy:` with nothing behind them: the latter would be Fail.
    "webhook=null",
    "webhook.failurePolicy=null",
    "replicas=null",
    "topologySpread=null",
    "tls.files=null",
    "context.argoConfigMaps=null",
]


@pytest.mark.parametrize("setting", WRONG)
def test_the_schema_refuses(helm: Helm, setting: str) -> None:
    refusal = helm.refusal(setting)
    where = setting.partition("=")[0].split(".")[0]
    assert "schema" in refusal, refusal
    assert where in refusal


RIGHT = [
    *(f"policies.webhook.mode={mode}" for mode in ('"audit"', '"off"', "false")),
    'policies.webhook.modes=[{"policies":["mine"],"namespaces":["team-*"],"mode":"enforce"}]',
    'policies.settings={"profile":"scale","kube-version":"1.30","deselect":["image-latest"]}',
    'policies.settings.policies={"memory-absurdly-small":{"params":{"min_memory":"16Mi"}}}',
    # An image can hold policies of its own.
    'policies.settings.policies={"mine":{"enabled":true,"params":{"anything":[1]}}}',
    'policies.settings.overrides=[{"kinds":["Job"],"policies":{"mine":{"severity":"note"}}}]',
    'policies.settings.image-map={"web:1":{"shell":"bash","cmd":["a"]}}',
    f"policies.exceptions={json.dumps([EXCEPTION])}",
    # What is empty by default, and what is the user's as a whole.
    *(
        f"{path}=null"
        for path in (
            *("policies.settings", "policies.webhook", "policies.exceptions", "image.tag"),
            *("webhook.annotations", "webhook.exceptNamespaces", "webhook.onlyNamespaces"),
            *("resources", "resources.limits", "commonLabels", "podLabels", "nodeSelector"),
            *("podSecurityContext", "podSecurityContext.runAsUser", "tls.certManager.issuerRef"),
        )
    ),
]


@pytest.mark.parametrize("setting", RIGHT)
def test_the_schema_lets_in(helm: Helm, setting: str) -> None:
    assert helm.refusal(setting) == ""


def test_what_is_enumerated_is_what_kguard_reads(generate: dict[str, Any]) -> None:
    inside = SCHEMA["properties"]["policies"]["properties"]
    own = json.loads((ROOT / "webhook" / "webhook.schema.json").read_text("utf-8"))
    assert inside["webhook"]["properties"]["mode"]["enum"] == own["$defs"]["mode"]["enum"]
    assert set(inside["webhook"]["properties"]) == set(own["properties"])
    entry = inside["webhook"]["properties"]["modes"]["items"]["properties"]
    assert set(entry) == set(own["properties"]["modes"]["items"]["properties"])
    assert '"$ref": "#/$defs' not in json.dumps(SCHEMA)


def test_the_examples_of_the_documentation_are_right() -> None:
    text = (ROOT / "docs" / "webhook.md").read_text("utf-8")
    inside = SCHEMA["properties"]["policies"]["properties"]
    found = []
    for block in re.findall(r"^```yaml\n(.*?)^```$", text, flags=re.M | re.S):
        example = yaml.load(block, AsHelm)
        for key, part in (("mode", "webhook"), ("profile", "settings"), ("exceptions", None)):
            if key in example:
                schema = inside[part] if part else {"properties": {"exceptions": inside[key]}}
                definitions = {"definitions": SCHEMA["definitions"]}
                jsonschema.Draft7Validator({**schema, **definitions}).validate(example)
                found.append(key)
    assert found == ["mode", "profile", "exceptions"]


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


def test_settings_of_a_parent_chart_are_let_in(helm: Helm) -> None:
    assert helm.refusal('global={"imageRegistry":"registry.example.com"}') == ""


def test_the_version_is_that_of_kguard() -> None:
    chart = yaml.safe_load((CHART / "Chart.yaml").read_text("utf-8"))
    assert chart["appVersion"] == chart["version"] == __version__
    images = yaml.safe_load(chart["annotations"]["artifacthub.io/images"])
    repository = yaml.safe_load(VALUES)["image"]["repository"]
    assert [image["image"] for image in images] == [f"{repository}:{__version__}"]
    assert yaml.safe_load(chart["annotations"]["artifacthub.io/changes"])
    assert yaml.safe_load(chart["annotations"]["artifacthub.io/links"])
    assert KUBE_VERSIONS[0].removesuffix(".0") in chart["kubeVersion"]
