"""values.yaml, its schema, and what is refused."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import jsonschema
import pytest
import yaml
from chart_helm import CHART, CI_VALUES, KUBE_VERSIONS, ROOT, Helm

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
    'extraEnv=[{"name":"A","value":1}]',
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
