"""Writes what follows from the chart: its README's table, most of its schema, deploy/.

The schema gets its descriptions from values.yaml, and what is inside `policies` from the schemas
of the files that become of it.

Usage: python charts/generate_chart.py HELM, with the path of Helm 3 or 4; or `make chart`. The
tests fail where the result differs from what is committed.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

from kguard.config.validate import load_schema
from kguard.policy.registry import builtin
from kguard.webhook.policyset import OFFLINE

ROOT = Path(__file__).resolve().parent.parent
CHART = ROOT / "charts" / "kguard"
README, SCHEMA = CHART / "README.md", CHART / "values.schema.json"
MANIFESTS = ROOT / "deploy" / "kguard.yaml"
WEBHOOK, EXCEPTIONS = (
    ROOT / "webhook" / f"{name}.schema.json" for name in ("webhook", "exceptions")
)

NAMESPACE = "kguard"
KUBE_VERSION = "1.34.0"
"""Named, because each Helm has a default of its own. Any from 1.28 on gives the same."""

BEGIN = "<!-- The table is written by charts/generate_chart.py from values.yaml. -->"
END = "<!-- End of the table. -->"

HEAD = f"""\
# kguard's webhook for clusters without Helm: kubectl apply --server-side -f kguard.yaml
# Written by charts/generate_chart.py from the chart with its default values, for Kubernetes 1.28
# and later. README.md says what to change, and how.
---
apiVersion: v1
kind: Namespace
metadata:
  name: {NAMESPACE}
  labels:
    pod-security.kubernetes.io/enforce: restricted
"""


def settings(text: str) -> Iterator[tuple[tuple[str, ...], str, Any]]:
    """(path, comment, default) of every setting in values.yaml.

    A key with a comment above it is a setting, whatever is in it; one without is a group of them.
    Raises ValueError where there is a setting without a comment.
    """
    root = yaml.compose(text, yaml.SafeLoader)
    assert isinstance(root, yaml.MappingNode)
    return _settings(root, (), text.splitlines())


def _settings(
    group: yaml.MappingNode, above: tuple[str, ...], lines: list[str]
) -> Iterator[tuple[tuple[str, ...], str, Any]]:
    for key, value in group.value:
        path = (*above, key.value)
        if comment := _comment(lines, key.start_mark.line, key.start_mark.column):
            yield path, comment, yaml.safe_load(yaml.serialize(value))
        elif isinstance(value, yaml.MappingNode) and value.value:
            yield from _settings(value, path, lines)
        else:
            raise ValueError(f"values.yaml: `{'.'.join(path)}` has no comment")


def _comment(lines: list[str], number: int, indent: int) -> str:
    found: list[str] = []
    start = " " * indent + "# "
    while number and lines[number - 1].startswith(start):
        number -= 1
        found.insert(0, lines[number].removeprefix(start))
    return " ".join(found)


def readme(text: str, values: str) -> str:
    """The README with its table of settings written anew."""
    rows = ["| setting | default | |", "|---|---|---|"]
    for path, comment, default in settings(values):
        shown = json.dumps(default, ensure_ascii=False)
        cells = (f"`{'.'.join(path)}`", f"`{shown}`", comment)
        rows.append("| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |")
    before, _, rest = text.partition(BEGIN)
    _, _, after = rest.partition(END)
    return "\n".join([f"{before}{BEGIN}", "", *rows, "", f"{END}{after}"])


def schema(text: str, values: str) -> str:
    """The schema with `policies` and what is required written anew, and described by the values."""
    found: dict[str, Any] = json.loads(text)
    found["properties"]["policies"]["properties"] = policies()
    found["definitions"] = {_SHARED: _draft7(_single_policies())}
    for path, comment, _ in settings(values):
        part = found
        for key in path:
            part.pop("required", None)
            part = part["properties"][key]
        rest = {key: value for key, value in part.items() if key != "description"}
        part.clear()
        part.update({"description": comment, **rest})
    for group, keys in _required(values).items():
        part = found
        for key in group:
            part = part["properties"][key]
        part["required"] = keys
    return json.dumps(found, indent=2, ensure_ascii=False) + "\n"


def _required(values: str) -> dict[tuple[str, ...], list[str]]:
    """By group the keys that must not be null: Helm drops those, as `key:` in YAML is, and in force
    would be what Kubernetes takes for granted, or nothing.

    What is empty by default means the same where it is null, and so does what is all the user's.
    """
    found: dict[tuple[str, ...], dict[str, None]] = {}
    for path, _, default in settings(values):
        asked = path if default and not isinstance(default, dict) else path[:-1]
        for depth, key in enumerate(asked):
            found.setdefault(path[:depth], {})[key] = None
    return {group: list(keys) for group, keys in found.items()}


def policies() -> dict[str, Any]:
    """What may stand in `policies`: the schemas of the three files, where they speak of a cluster.

    Ids of policies are not listed, because an image can hold further ones.
    """
    exceptions = _draft7(json.loads(EXCEPTIONS.read_text("utf-8")))["properties"]["exceptions"]
    exceptions["type"] = "array"
    exceptions["items"]["oneOf"] = [{"required": ["name"]}, {"required": ["generate-name"]}]
    return {
        "settings": _draft7(_in_a_cluster(load_schema())),
        "webhook": _draft7(json.loads(WEBHOOK.read_text("utf-8"))),
        "exceptions": exceptions,
    }


def _in_a_cluster(settings: dict[str, Any]) -> dict[str, Any]:
    """The format of kguard.yaml with what the webhook refuses left out, and with all parameters."""
    known, parts = settings["properties"], settings["$defs"]
    for key in (*OFFLINE, "ignore"):
        del known[key]
    del known["argo"]["properties"]["controller-config"]
    known["image-map"]["type"] = "object"
    del known["image-map"]["minLength"]
    for key in ("if", "then"):
        del parts["image"][key]
    del parts["image"]["properties"]["dockerfile"]
    override = known["overrides"]["items"]
    del override["properties"]["paths"]
    override["anyOf"].remove({"required": ["paths"]})
    return settings


def _single_policies() -> dict[str, Any]:
    """Settings of single policies, with the parameters that those of this release have."""
    parameters = {
        policy.id: {
            "properties": {
                "params": {"additionalProperties": False, "properties": dict(policy.params)}
            }
        }
        for policy in sorted(builtin(), key=lambda policy: policy.id)
        if policy.params and policy.doors == "both"
    }
    found: dict[str, Any] = load_schema()["$defs"]["policies"]
    return {"allOf": [found, {"properties": parameters}]}


_SHARED = "policies"
"""What is too large to be written twice, and has a definition of its own in the chart's schema."""

_UNKNOWN_TO_HELM = ("$schema", "$id", "$defs", "title", "errorMessage", "default")


def _draft7(schema: dict[str, Any]) -> dict[str, Any]:
    """A schema as Helm 3 reads it: nothing may stand beside a reference, so they are resolved."""
    parts = schema.get("$defs", {})

    def resolved(value: Any, *, names: bool = False) -> Any:
        if isinstance(value, list):
            return [resolved(each) for each in value]
        if not isinstance(value, dict):
            return value
        if names:  # The keys are the user's, not those of JSON Schema.
            return {key: resolved(each) for key, each in value.items()}
        if reference := value.get("$ref"):
            if reference == f"#/$defs/{_SHARED}":
                return {"$ref": f"#/definitions/{_SHARED}"}
            rest = {key: each for key, each in value.items() if key != "$ref"}
            value = {**parts[reference.removeprefix("#/$defs/")], **rest}
        return {
            key: resolved(each, names=key == "properties")
            for key, each in value.items()
            if key not in _UNKNOWN_TO_HELM
        }

    found: dict[str, Any] = resolved(schema)
    return found


def manifests(helm: str | Path) -> str:
    """The chart rendered for kubectl: without hooks, and without the labels that Helm goes by."""
    words = [helm, "template", "kguard", CHART, "--namespace", NAMESPACE]
    words += ["--kube-version", KUBE_VERSION, "--no-hooks", "--skip-tests"]
    done = subprocess.run(words, check=True, stdout=subprocess.PIPE, encoding="utf-8")
    text = re.sub(
        r"^ *(helm\.sh/chart|app\.kubernetes\.io/managed-by): .*\n", "", done.stdout, flags=re.M
    )
    text = re.sub(r"^# Source: .*\n", "", text, flags=re.M)
    # Helm 4 ends some documents with an empty line, Helm 3 does not.
    text = re.sub(r"\n+(?=---\n|\Z)", "\n", text)
    return HEAD + text.lstrip("\n").removesuffix("\n") + "\n"


def main(helm: str) -> None:
    """Write all three."""
    values = (CHART / "values.yaml").read_text("utf-8")
    README.write_text(readme(README.read_text("utf-8"), values), "utf-8")
    SCHEMA.write_text(schema(SCHEMA.read_text("utf-8"), values), "utf-8")
    MANIFESTS.write_text(manifests(helm), "utf-8")


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("usage: python charts/generate_chart.py HELM")
    main(sys.argv[1])
