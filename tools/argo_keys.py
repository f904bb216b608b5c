"""Make kguard/facts/argo/keys.json: the keys of the Argo controller's configuration, by version.

    python tools/argo_keys.py KEYS.json > kguard/facts/argo/keys.json

KEYS.json holds the structs of argoproj/argo-workflows config/*.go at one git tag per minor version,
oldest first: `{"v3.4.17": {"config": {"Config": ["nodeEvents", ...], ...}}, ...}`, with JSON names
as keys and `<embed NAME>` for an embedded struct. The Go types of fields are in TYPES below.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Mapping
from typing import Any

# Fields that lead to another struct of the package. What leads to types of Kubernetes or of the
# workflow API (executor, artifactRepository, workflowDefaults, ...) is left open.
TYPES = {
    "Config": {
        "artifactDrivers": "[]ArtifactDriver",
        "failedPodRestart": "FailedPodRestartConfig",
        "images": "map[string]Image",
        "initlessPod": "InitlessPodConfig",
        "kubeConfig": "KubeConfig",
        "metricsConfig": "MetricsConfig",
        "nodeEvents": "NodeEvents",
        "persistence": "PersistConfig",
        "podSpecLogStrategy": "PodSpecLogStrategy",
        "resourceRateLimit": "ResourceRateLimit",
        "retentionPolicy": "RetentionPolicy",
        "sso": "SSOConfig",
        "synchronization": "SyncConfig",
        "telemetryConfig": "MetricsConfig",
        "workflowEvents": "WorkflowEvents",
        "workflowRestrictions": "WorkflowRestrictions",
    },
    "MetricsConfig": {"modifiers": "map[string]MetricModifier"},
    "PersistConfig": {
        "connectionPool": "ConnectionPool",
        "mysql": "MySQLConfig",
        "postgresql": "PostgreSQLConfig",
        "reconnectionConfig": "DBReconnectConfig",
    },
    "PostgreSQLConfig": {"awsRDSToken": "AWSRDSTokenConfig", "azureToken": "AzureTokenConfig"},
    "SSOConfig": {"rbac": "RBACConfig"},
    "SyncConfig": {
        "connectionPool": "ConnectionPool",
        "mysql": "MySQLConfig",
        "postgresql": "PostgreSQLConfig",
        "reconnectionConfig": "DBReconnectConfig",
    },
}

# Keys of docs/workflow-controller-configmap.yaml that no version reads, and the real ones.
MEANT = {
    "MetricsConfig": {"options": "modifiers"},
    "Config": {"semaphoreLimitCacheSeconds": "synchronization.semaphoreLimitCacheSeconds"},
}


def table(keys: Mapping[str, Any]) -> dict[str, Any]:
    """The compact table; raises KeyError where an embedded struct or a type is unknown."""
    versions = [minor(tag) for tag in keys]
    found: dict[str, dict[str, list[str]]] = {}
    for tag, structs in keys.items():
        for name in structs["config"]:
            for key in flat(structs["config"], name):
                found.setdefault(name, {}).setdefault(key, []).append(minor(tag))
    reached = reach(found, "Config")
    return {
        "source": f"argoproj/argo-workflows, config/*.go at {', '.join(keys)}",
        "versions": versions,
        "meant": MEANT,
        "structs": {
            name: {key: entry(name, key, seen, versions) for key, seen in sorted(fields.items())}
            for name, fields in sorted(found.items())
            if name in reached
        },
    }


def minor(tag: str) -> str:
    """`v3.4.17` as `3.4`."""
    return ".".join(tag.removeprefix("v").split(".")[:2])


def flat(structs: Mapping[str, list[str]], name: str) -> list[str]:
    """The keys of a struct with those of the structs embedded in it, as encoding/json sees them."""
    keys = []
    for key in structs[name]:
        embedded = re.fullmatch(r"<embed (\w+)>", key)
        keys += flat(structs, embedded[1]) if embedded else [key]
    return keys


def reach(found: Mapping[str, Mapping[str, Any]], root: str) -> set[str]:
    """The structs that can be reached from `root`."""
    names = {root}
    for key, leads_to in TYPES.get(root, {}).items():
        target = re.sub(r"^(\[\]|map\[string\])", "", leads_to)
        found[root][key], found[target]  # a slip in TYPES ends here
        names |= reach(found, target)
    return names


def entry(struct: str, key: str, seen: list[str], versions: list[str]) -> dict[str, str]:
    """What the table says of one key: since, until, and the struct it leads to."""
    said = {}
    if seen[0] != versions[0]:
        said["since"] = seen[0]
    if seen[-1] != versions[-1]:
        said["until"] = seen[-1]
    if key in TYPES.get(struct, {}):
        said["type"] = TYPES[struct][key]
    return said


def text(made: Mapping[str, Any]) -> str:
    """The table as JSON with one struct's key a line: small, and readable in a diff."""
    structs = ",\n".join(
        f"  {json.dumps(name)}: {{\n"
        + ",\n".join(f"   {json.dumps(key)}: {json.dumps(said)}" for key, said in fields.items())
        + "\n  }"
        for name, fields in made["structs"].items()
    )
    head = ",\n".join(
        f" {json.dumps(key)}: {json.dumps(made[key])}" for key in ("source", "versions", "meant")
    )
    return f'{{\n{head},\n "structs": {{\n{structs}\n }}\n}}\n'


if __name__ == "__main__":
    with open(sys.argv[1], encoding="utf-8") as file:
        sys.stdout.write(text(table(json.load(file))))
