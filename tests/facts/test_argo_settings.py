"""Values of the controller's settings against the structs of config/config.go, one by one."""

from __future__ import annotations

from typing import Any

import pytest
from argo_world import world

from kguard.facts.argo.settings import bad_links, wrong_settings

# The kind of a setting → YAML that it takes, YAML on which the controller exits.
VALUES = {
    "text": (("a", "5", "true", "''", "'${x}'"), ("{a: b}", "[a]")),
    "whole number": (("5", "-5", "5.0", "null", "'${n}'"), ("'5'", "a", "true", "5.5", "[5]")),
    "number": (("5", "0.5", "'{{n}}'"), ("'0.5'", "true", "{a: 1}")),
    "true or false": (("true", "false"), ("'true'", "1", "a", "[true]")),
    "mapping": (("{}",), ("a", "[a]", "5")),
    "list": (("[]", "[a]"), ("a", "{a: b}", "5")),
    "duration": (("30s", "'0'", "1h30m"), ("1d", "30", "[30s]", "true")),
    "list of text": (("[]", "[a, 5]"), ("a", "[[a]]", "[{a: b}]")),
    "list of numbers": (("[]", "[1, 2.5]"), ("5", "[a]", "[true]")),
}
STORE = {
    "text": "postgresql.host mysql.database postgresql.sslMode mysql.tableName mysql.options.a",
    "whole number": "connectionPool.maxIdleConns connectionPool.maxOpenConns mysql.port",
    "true or false": "postgresql.ssl skipMigration",
    "mapping": "postgresql mysql connectionPool mysql.options",
}
METRICS = {
    "text": "path temporality",
    "whole number": "port",
    "true or false": "enabled ignoreErrors secure modifiers.a.disabled",
    "mapping": "modifiers modifiers.a",
    "list of text": "modifiers.a.disabledAttributes",
    "list of numbers": "modifiers.a.histogramBuckets",
}
SETTINGS = {
    "": {
        "text": "namespace instanceID navColor kubeConfig.secretName kubeConfig.secretKey "
        "kubeConfig.volumeName kubeConfig.mountPath workflowRestrictions.templateReferencing",
        "whole number": "parallelism namespaceParallelism podGCGracePeriodSeconds "
        "resourceRateLimit.burst retentionPolicy.completed retentionPolicy.failed "
        "retentionPolicy.errored failedPodRestart.maxRestarts",
        "number": "resourceRateLimit.limit",
        "true or false": "nodeEvents.enabled nodeEvents.sendAsPod workflowEvents.enabled "
        "podSpecLogStrategy.failedPod podSpecLogStrategy.allPods failedPodRestart.enabled "
        "initlessPod.enabled",
        "mapping": "executor mainContainer artifactRepository workflowDefaults images images.a "
        "kubeConfig resourceRateLimit",
        "list": "links columns",
        "duration": "podGCDeleteDelayDuration initialDelay",
        "list of text": "images.a.entrypoint images.a.cmd",
    },
    "persistence.": STORE
    | {"text": f"{STORE['text']} clusterName", "true or false": "nodeStatusOffLoad archive"},
    "persistence.archiveLabelSelector": {"mapping": ""},
    "synchronization.": STORE
    | {
        "text": f"{STORE['text']} controllerName limitTableName stateTableName "
        "controllerTableName lockTableName",
        "whole number": "pollSeconds heartbeatSeconds inactiveControllerSeconds "
        "semaphoreLimitCacheSeconds",
    },
    "metricsConfig.": METRICS,
    "telemetryConfig.": METRICS,
    "sso.": {
        "text": "issuer issuerAlias redirectUrl customGroupClaimName userInfoPath",
        "true or false": "rbac.enabled insecureSkipVerify",
        "mapping": "rbac",
        "duration": "sessionExpiry",
        "list of text": "scopes filterGroupsRegex",
    },
}
EVERY = [
    (f"{above}{name}", kind)
    for above, kinds in SETTINGS.items()
    for kind, names in kinds.items()
    for name in (names.split() or [""])
]


def config(text: str) -> Any:
    """The configuration with that text as all of it."""
    head = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: workflow-controller-configmap}\n"
    facts, (resource,) = world(f"{head}data:\n  config: |\n    {text}\n")
    found = facts.controller_config(resource)
    assert found is not None
    assert found.unparsed == ()
    return found


def written(name: str, value: str) -> str:
    *above, last = name.split(".")
    return "".join(f"{{{key}: " for key in (*above, last)) + value + "}" * (len(above) + 1)


@pytest.mark.parametrize(("name", "kind"), EVERY)
def test_every_setting_takes_values_of_its_kind_only(name: str, kind: str) -> None:
    right, wrong = VALUES[kind]
    for value in right:
        assert list(wrong_settings(config(written(name, value)))) == []
    for value in wrong:
        (found,) = wrong_settings(config(written(name, value)))
        assert (".".join(map(str, found.keys)), kind in found.wanted) == (name, True)


@pytest.mark.parametrize(
    ("text", "quoted"),
    [
        ("{parallelism: '5'}", True),
        ("{resourceRateLimit: {limit: ' -0.5 '}}", True),
        ("{parallelism: many}", False),
        ("{parallelism: [5]}", False),
        ("{nodeEvents: {enabled: '1'}}", False),
    ],
)
def test_numbers_in_quotes(text: str, quoted: bool) -> None:
    (found,) = wrong_settings(config(text))

    assert found.quoted_number is quoted


@pytest.mark.parametrize("text", ["{5: a}", "{other: [a]}", "{nodeEvents: {other: a}}"])
def test_other_keys_are_no_settings(text: str) -> None:
    assert list(wrong_settings(config(text))) == []


@pytest.mark.parametrize(
    ("url", "cause"),
    [
        ("http://a", None),
        ("HTTPS://a", None),
        ("'{{ .Values.url }}'", None),
        ("'$(URL)/a'", None),
        ("'${url}'", None),
        ("''", None),
        ("5", None),
        ("ftp://a", "has the scheme `ftp`"),
        ("a.example.com/b:c", "has no scheme"),
        ("logs", "has no scheme"),
    ],
)
def test_links_begin_with_http_or_https(url: str, cause: str | None) -> None:
    found = list(bad_links(config(f"{{links: [5, {{url: {url}}}]}}")))

    assert [(each.keys, each.cause) for each in found] == (
        [(("links", 1, "url"), cause)] if cause else []
    )
