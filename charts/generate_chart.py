"""Writes what follows from the chart: its README's table, its schema's descriptions, deploy/.

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

ROOT = Path(__file__).resolve().parent.parent
CHART = ROOT / "charts" / "kguard"
README, SCHEMA = CHART / "README.md", CHART / "values.schema.json"
MANIFESTS = ROOT / "deploy" / "kguard.yaml"

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
    """The schema with the comments of values.yaml as descriptions, for editors."""
    found: dict[str, Any] = json.loads(text)
    for path, comment, _ in settings(values):
        part = found
        for key in path:
            part = part["properties"][key]
        rest = {key: value for key, value in part.items() if key != "description"}
        part.clear()
        part.update({"description": comment, **rest})
    return json.dumps(found, indent=2, ensure_ascii=False) + "\n"


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
