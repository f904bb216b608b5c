"""How often each policy speaks up in manifests of others, as Markdown.

    python bench/noise.py FOLDER [FOLDER...]

Every folder is checked by itself, with the profile `default` and no configuration. Counted are the
objects that create pods: ordinary workloads, and the four kinds of Argo Workflows. An object that
another one holds as a text is part of that one.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections import Counter, defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from kguard.kube import argo  # noqa: E402
from kguard.kube.recognise import resources  # noqa: E402
from kguard.kube.workloads import template_route  # noqa: E402
from kguard.source import read  # noqa: E402

CLASSES = ("ordinary", "argo")
_ARGO_KINDS = {kind for _, kind in argo.KINDS}


def main() -> None:
    """Print the table for the folders on the command line."""
    objects: Counter[str] = Counter()
    findings: Counter[tuple[str, str]] = Counter()
    hit: dict[tuple[str, str], set[tuple[str, ...]]] = defaultdict(set)
    levels: dict[tuple[str, str], Counter[str]] = defaultdict(Counter)
    for folder in map(Path, sys.argv[1:]):
        objects.update(_classes(folder))
        for finding in _check(folder):
            key = finding["policy"], _class_of(finding["resource"])
            findings[key] += 1
            levels[key][finding["severity"]] += 1
            hit[key].add(_identity(folder, finding))
    counted = ", ".join(f"{objects[each]} {each}" for each in CLASSES)
    print(f"Objects that create pods: {counted}.\n")
    print("| policy | of | findings | per 100 | objects with one | severities |")
    print("|---|---|---|---|---|---|")
    for key, count in findings.most_common():
        policy, group = key
        share = 100 * len(hit[key]) / objects[group] if objects[group] else 0
        per_100 = 100 * count / objects[group] if objects[group] else 0
        said = ", ".join(f"{number} {level}" for level, number in levels[key].most_common())
        print(f"| {policy} | {group} | {count} | {per_100:.1f} | {share:.0f} % | {said} |")


def _classes(folder: Path) -> Iterator[str]:
    """The class of every object of a folder that creates pods."""
    for path in sorted(folder.rglob("*")):
        if path.suffix not in (".yaml", ".yml", ".json") or not path.is_file():
            continue
        for document in read(path.name, path.read_bytes()).documents:
            for resource in resources(document.data, path.name, document.index):
                if (resource.group, resource.kind) in argo.KINDS:
                    yield "argo"
                elif template_route(resource) is not None and not resource.embedded:
                    yield "ordinary"


def _check(folder: Path) -> list[dict[str, Any]]:
    """The findings in a folder, checked from inside: builds and overlays above it are not read."""
    options = ["--isolated", "--format", "json", "--fail-on", "never", "--no-progress"]
    words = [sys.executable, "-m", "kguard", "check", *options]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(words, capture_output=True, text=True, cwd=folder, env=environment)
    found: list[dict[str, Any]] = json.loads(done.stdout)["findings"]
    return found


def _class_of(resource: dict[str, Any]) -> str:
    is_argo = resource["apiVersion"].startswith("argoproj.io/") and resource["kind"] in _ARGO_KINDS
    return "argo" if is_argo else "ordinary"


def _identity(folder: Path, finding: dict[str, Any]) -> tuple[str, ...]:
    """What tells objects apart; those without a name are told by the line of the finding."""
    resource = finding["resource"]
    name = resource.get("name") or f"line {finding['line']}"
    place = (str(folder), finding["file"], resource["kind"], resource.get("namespace") or "")
    return (*place, name)


if __name__ == "__main__":
    main()
