"""Make kguard/facts/kube_fields.json: the fields of Kubernetes objects and where strings belong.

    python tools/kube_fields.py v1.37.1 swagger.json > kguard/facts/kube_fields.json

swagger.json is api/openapi-spec/swagger.json of kubernetes/kubernetes at that release, the newest.
A field leads to `string`, to another struct by its name, or to nothing (""), with `[]` or `{}` in
front for lists and maps.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from typing import Any

ROOTS = {
    "apps/v1": ("DaemonSet", "Deployment", "ReplicaSet", "StatefulSet"),
    "autoscaling/v2": ("HorizontalPodAutoscaler",),
    "batch/v1": ("CronJob", "Job"),
    "networking.k8s.io/v1": ("Ingress", "NetworkPolicy"),
    "policy/v1": ("PodDisruptionBudget",),
    "v1": (
        "ConfigMap",
        "LimitRange",
        "PersistentVolumeClaim",
        "Pod",
        "PodTemplate",
        "ReplicationController",
        "ResourceQuota",
        "Secret",
        "Service",
        "ServiceAccount",
    ),
}

# Written by the server, never by people; left open.
OPEN = {"status", "managedFields"}

_REF = "#/definitions/"


def table(release: str, swagger: Mapping[str, Any]) -> dict[str, Any]:
    """The compact table; raises KeyError for a root that the specification does not have."""
    definitions = swagger["definitions"]
    kinds: dict[str, str] = {}
    structs: dict[str, Any] = {}
    for api_version, names in ROOTS.items():
        group, _, version = api_version.rpartition("/")
        package = group.removesuffix(".k8s.io") or "core"
        for name in names:
            definition = f"io.k8s.api.{package}.{version}.{name}"
            kinds[f"{api_version} {name}"] = _add(definition, definitions, structs)
    return {
        "source": f"kubernetes/kubernetes {release}, api/openapi-spec/swagger.json",
        "kinds": kinds,
        "structs": {name: fields for name, (_, fields) in sorted(structs.items())},
    }


def _add(definition: str, definitions: Mapping[str, Any], structs: dict[str, Any]) -> str:
    """The short name of a struct, which is put into `structs` with all that it leads to."""
    name = definition.rpartition(".")[2]
    if name in structs:
        if structs[name][0] != definition:
            raise KeyError(f"two structs are called {name}: {structs[name][0]} and {definition}")
        return name
    fields: dict[str, str] = {}
    structs[name] = (definition, fields)
    for key, schema in sorted(definitions[definition]["properties"].items()):
        fields[key] = "" if key in OPEN else _leads_to(schema, definitions, structs)
    return name


def _leads_to(
    schema: Mapping[str, Any], definitions: Mapping[str, Any], structs: dict[str, Any]
) -> str:
    if "$ref" in schema:
        definition = schema["$ref"].removeprefix(_REF)
        if "properties" in definitions[definition]:
            return _add(definition, definitions, structs)
        return ""  # Quantities, times and the like, which have forms of their own.
    if schema.get("type") == "string":
        return "string"
    for container, mark in (("items", "[]"), ("additionalProperties", "{}")):
        if container in schema:
            inner = _leads_to(schema[container], definitions, structs)
            return f"{mark}{inner}" if inner and inner[0] not in "[{" else ""
    return ""


def text(made: Mapping[str, Any]) -> str:
    """The table as it is committed: one struct a line."""
    lines = ["{", f'"source": {json.dumps(made["source"])},', '"kinds": {']
    lines.append(",\n".join(f"{json.dumps(k)}: {json.dumps(v)}" for k, v in made["kinds"].items()))
    lines.append('},\n"structs": {')
    lines.append(
        ",\n".join(
            f"{json.dumps(name)}: {json.dumps(fields, separators=(',', ':'))}"
            for name, fields in made["structs"].items()
        )
    )
    return "\n".join([*lines, "}}"])


if __name__ == "__main__":
    with open(sys.argv[2], encoding="utf-8") as file:
        print(text(table(sys.argv[1], json.load(file))))
