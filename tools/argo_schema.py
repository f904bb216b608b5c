"""Make kguard/kube/argo_schema.json: the fields of Argo's workflow objects, by version.

    python tools/argo_schema.py KEYS.json HERA.py 3.4=SWAGGER.json 3.6=... > argo_schema.json

SWAGGER.json is api/openapi-spec/swagger.json of argoproj/argo-workflows at a tag of that version;
HERA.py is hera/workflows/models/io/argoproj/workflow/v1alpha1.py of hera 7.1.0, which is generated
from the specification of Argo 4.0.5. KEYS.json has the fields of the main structs at one tag per
minor version: `{"v3.4.17": {"types": {"WorkflowSpec": ["templates", ...]}}, ...}`.
kguard/kube/argo_schema.py says how the table is written.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterator, Mapping
from typing import Any

ARGO = "io.argoproj.workflow.v1alpha1."
ROOTS = ("WorkflowSpec", "CronWorkflowSpec")
OLDEST, NEWEST = "3.4", "4.1"

SCALARS = {"string": "s", "boolean": "b", "number": "n", "integer": "i"}
KUBERNETES = {"IntOrString": "x", "Quantity": "q", "Time": "t", "FieldsV1": "*", "Duration": "s"}

# AnyString takes strings, numbers and booleans; Item anything; a Plugin has one key of its own.
OPEN = {
    "Parameter": ("value", "default", "enum"),
    "ValueFrom": ("default",),
    "Item": (),
    "Plugin": (),
    "PluginArtifact": (),
}

# Structs that have all fields of a Kubernetes container beside their own.
CONTAINERS = ("ContainerNode", "ScriptTemplate", "UserContainer")

# What no specification above has, from pkg/apis/workflow/v1alpha1 at v4.1.2 and before v3.4.
OTHER = {
    "WorkflowSpec": {
        "archiveSystemContainerLogs": "b@4.2",
        "executorPlugins": "*@4.1",
        "podResources": "ResourceRequirements@4.1",
        "resourceClaims": "[]PodResourceClaim@4.1",
        "ttlSecondsAfterFinished": "i@-2.12",
    },
    "Template": {
        "arguments": "Arguments@-3.3",
        "pendingTimeout": "s@4.1",
        "podResources": "ResourceRequirements@4.1",
        "resourceClaims": "[]PodResourceClaim@4.1",
        "resubmitPendingPods": "b@-3.3",
        "template": "s@-3.3",
        "templateRef": "TemplateRef@-3.3",
    },
}


def table(
    keys: Mapping[str, Any], hera: Mapping[str, set[str]], specifications: Mapping[str, Any]
) -> dict[str, Any]:
    """The compact table of all structs that a specification leads to."""
    newest = list(specifications.values())[-1]
    structs: dict[str, dict[str, str]] = {}
    pending = list(ROOTS)
    while pending:
        name = pending.pop()
        if name in structs:
            continue
        structs[name] = dict(fields(name, keys, hera, specifications))
        for text in structs[name].values():
            inner = re.sub(r"[\[\]{}]|@.*", "", text)
            if ARGO + inner in newest:
                pending.append(inner)
    return {"oldest": OLDEST, "newest": NEWEST, "structs": dict(sorted(structs.items()))}


def fields(
    name: str, keys: Mapping[str, Any], hera: Mapping[str, set[str]], all_of: Mapping[str, Any]
) -> Iterator[tuple[str, str]]:
    """The fields of one struct, as the table writes them."""
    found: dict[str, str] = {}
    seen: dict[str, list[str]] = {}
    for version, specification in all_of.items():
        for key, schema in properties(specification, name).items():
            seen.setdefault(key, []).append(version)
            found[key] = written(schema, specification)
    # A struct that is new is so by the fields that lead to it.
    versions = [version for version, each in all_of.items() if properties(each, name)]
    versions += ["4.0"] if name in hera else []
    for key in hera.get(name, ()):
        seen.setdefault(key, []).append("4.0")
        found.setdefault(key, "*")
    container = set(properties(list(all_of.values())[-1], "io.k8s.api.core.v1.Container"))
    for key in sorted(found):
        if name in CONTAINERS and key in container:
            continue
        text = "*" if key in OPEN.get(name, ()) else found[key]
        if name in OPEN and not OPEN[name]:
            text = "*"
        yield key, text + span(name, key, seen[key], versions, keys)
    yield from OTHER.get(name, {}).items()


def properties(specification: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    """The properties of a struct of Argo, or of another by its full name."""
    full = name if "." in name else ARGO + name
    found: Mapping[str, Any] = specification.get(full, {}).get("properties", {})
    return found


def written(schema: Mapping[str, Any], specification: Mapping[str, Any]) -> str:
    """What a property holds: `[]` and `{}` around a letter or a struct's name."""
    if "$ref" in schema:
        full = schema["$ref"].removeprefix("#/definitions/")
        name = full.rpartition(".")[2]
        if name in KUBERNETES:
            return KUBERNETES[name]
        target = specification[full]
        if name in OPEN and not OPEN[name]:
            return "*"
        return (
            name
            if target.get("properties") or not full.startswith(ARGO)
            else written({k: v for k, v in target.items() if k != "description"}, specification)
        )
    kind = schema.get("type")
    if kind == "array":
        return "[]" + written(schema["items"], specification)
    if kind == "object" and "additionalProperties" in schema:
        return "{}" + written(schema["additionalProperties"], specification)
    return SCALARS.get(str(kind), "*")


def span(name: str, key: str, seen: list[str], versions: list[str], keys: Mapping[str, Any]) -> str:
    """`@since-until`, where not all versions have a field; exact where KEYS.json has the struct."""
    listed = {minor(tag): fields["types"].get(name) for tag, fields in keys.items()}
    if all(listed.values()):
        having = [version for version, names in listed.items() if names and key in names]
        versions = list(listed)
        seen = having or seen
    since = "" if seen[0] == versions[0] else seen[0]
    if since == "3.6" and not all(listed.values()):
        since = "3.5"  # Not looked at: it may have come with it.
    until = "" if seen[-1] == versions[-1] else seen[-1]
    return f"@{since}-{until}" if until else f"@{since}" if since else ""


def minor(tag: str) -> str:
    """`3.4` of `v3.4.17`."""
    return ".".join(tag.removeprefix("v").split(".")[:2])


def of_hera(source: str) -> dict[str, set[str]]:
    """The JSON names of the fields of every model in hera's module."""
    models: dict[str, set[str]] = {}
    for model in re.finditer(r"^class (\w+)\(\w*BaseModel\):\n((?:    .*\n|\n)*)", source, re.M):
        parts = re.finditer(r"^    (\w+):(.*?)(?=^    \w+:|\Z)", model[2], re.M | re.S)
        models[model[1]] = {
            alias[1] if (alias := re.search(r'alias="([^"]+)"', part[2])) else part[1]
            for part in parts
        }
    return models


def main() -> None:
    """Print the table made from the files that the arguments name."""
    keys_path, hera_path, *rest = sys.argv[1:]
    with open(keys_path, encoding="utf-8") as file:
        keys = json.load(file)
    with open(hera_path, encoding="utf-8") as file:
        hera = of_hera(file.read())
    specifications = {}
    for argument in rest:
        version, _, path = argument.partition("=")
        with open(path, encoding="utf-8") as file:
            specifications[version] = json.load(file)["definitions"]
    found = table(keys, hera, specifications)
    structs = ",\n".join(
        f"{json.dumps(name)}: {json.dumps(fields)}" for name, fields in found["structs"].items()
    )
    versions = "".join(
        f"{json.dumps(key)}: {json.dumps(found[key])},\n" for key in ("oldest", "newest")
    )
    print(f'{{\n{versions}"structs": {{\n{structs}\n}}\n}}')


if __name__ == "__main__":
    main()
