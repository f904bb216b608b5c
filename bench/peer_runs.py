"""Runs of other linters: which files each is given, how it is called, what a run costs.

Every tool runs offline, with its own defaults, in the folder that is judged.
"""

from __future__ import annotations

import itertools
import json
import os
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from bench.peer_reports import READERS, PeerError, Report

ROOT = Path(__file__).resolve().parent.parent

# Modules of the peers that `go install` builds, whose binaries do not know their own version.
GO_TOOLS = ("kube-score", "kubeconform")

# Tools that are given the files; the others walk the folder themselves.
TAKES_FILES = ("kube-score", "kubeconform", "hadolint")

_API_VERSION = re.compile(r"^[\"']?apiVersion[\"']?\s*:", re.MULTILINE)
_KIND = re.compile(r"^[\"']?kind[\"']?\s*:", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Run:
    """What one tool said about one folder, and its cost: CPU seconds, peak memory in MB.

    The memory is that of the largest single process, so a tool that forks is flattered.
    """

    reports: tuple[Report, ...]
    cpu: float
    memory: float


# Waits for a command in a process of its own, small enough not to show: Linux counts the memory of
# the process that forks as the child's own.
_WAIT = """
import json, os, sys
child = os.posix_spawnp(sys.argv[2], sys.argv[2:], os.environ)
_, status, usage = os.wait4(child, 0)
with open(sys.argv[1], "w") as file:
    json.dump([usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024], file)
"""


def execute(command: list[str], folder: Path) -> tuple[str, str, float, float]:
    """Run a command in a folder: (stdout, stderr, CPU seconds, peak MB of its largest process)."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "NO_COLOR": "1"}
    # A checkout would be compiled anew in every run, which an installed tool is not.
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    with tempfile.NamedTemporaryFile("r", encoding="utf-8") as costs:
        done = subprocess.run(
            [sys.executable, "-I", "-S", "-c", _WAIT, costs.name, *command],
            cwd=folder,
            env=environment,
            capture_output=True,
            encoding="utf-8",
            errors="replace",
        )
        if done.returncode:
            raise PeerError(f"{command[0]}: {done.stderr[-500:]}")
        cpu, memory = json.load(costs)
    return done.stdout, done.stderr, cpu, memory


def run_tool(tool: str, folder: Path, schemas: Path | None) -> Run | None:
    """One run of a tool over a folder; None where the folder holds nothing it takes.

    Raises PeerError where the tool failed.
    """
    files = dockerfiles(folder) if tool == "hadolint" else manifests(folder)
    if tool in TAKES_FILES and not files:
        return None
    if tool == "kube-score":
        return run_kube_score(files, folder)
    text, errors, cpu, memory = execute(command_of(tool, files, schemas), folder)
    if not text.strip() and errors.strip():
        raise PeerError(f"{tool}: {errors.strip()[:500]}")
    return Run(tuple(READERS[tool](text, folder)), cpu, memory)


def measure(
    tools: list[str], folder: Path, schemas: Path | None, runs: int
) -> dict[str, Run | None]:
    """What each tool says about a folder, and the medians of its costs over several runs.

    The tools take turns, so that a machine that is slow for a while is slow for all of them.
    """
    turns = [[run_tool(tool, folder, schemas) for tool in tools] for _ in range(runs)]
    return {
        tool: _median([run for run in several if run])
        for tool, several in zip(tools, zip(*turns, strict=True), strict=True)
    }


def _median(runs: list[Run]) -> Run | None:
    if not runs:
        return None
    cpu = statistics.median(run.cpu for run in runs)
    return Run(runs[0].reports, cpu, statistics.median(run.memory for run in runs))


def run_kube_score(files: list[str], folder: Path) -> Run:
    """kube-score as it can be compared: without the files it refuses, and folder by folder.

    One object that it cannot parse ends its run, and objects of one name are one object to it,
    whatever their files. The cost is that of a single run over all files that it takes.
    """
    refused: list[Report] = []
    reports: list[Report] = []
    taken: list[str] = []
    for _, group in itertools.groupby(files, lambda file: Path(file).parent):
        together = list(group)
        text, *_ = execute(command_of("kube-score", together, None), folder)
        if not text.strip():
            for file in tuple(together):
                text, errors, *_ = execute(command_of("kube-score", [file], None), folder)
                if not text.strip():
                    refused.append(Report("refused", file, detail=errors.strip()))
                    together.remove(file)
            text = "[]"
            if together:
                text, *_ = execute(command_of("kube-score", together, None), folder)
        reports += READERS["kube-score"](text, folder)
        taken += together
    *_, cpu, memory = execute(command_of("kube-score", taken, None), folder)
    return Run((*refused, *reports), cpu, memory)


def command_of(tool: str, files: list[str], schemas: Path | None) -> list[str]:
    """The command line of a tool: machine-readable, offline, its defaults otherwise."""
    match tool:
        case "kguard":
            return [sys.executable, "-m", "kguard", "check", "-f", "json", "."]
        case "checkov":
            frameworks = ["--framework", "kubernetes", "dockerfile", "argo_workflows"]
            quiet = ["--compact", "--quiet", "--skip-download"]
            return [tool, "-d", ".", "-o", "json", *quiet, *frameworks]
        case "kube-score":
            # Its default is 1.18, for which half of today's API versions are unknown.
            return [tool, "score", "-o", "json", "--kubernetes-version", "v1.37", *files]
        case "kubeconform":
            where = f"{schemas}/{{{{.ResourceKind}}}}{{{{.KindSuffix}}}}.json"
            flags = ["-strict", "-ignore-missing-schemas", "-output", "json"]
            return [tool, *flags, "-schema-location", where, *files]
        case "hadolint":
            return [tool, "--no-fail", "-f", "json", *files]
        case _:
            return [tool, "-f", "parsable", "-d", "default", "."]


def manifests(folder: Path) -> list[str]:
    """YAML files with an apiVersion and a kind; some tools take any other file for a fault."""
    return [
        path.relative_to(folder).as_posix()
        for path in sorted(folder.rglob("*"))
        if path.suffix in (".yaml", ".yml") and path.is_file() and _is_manifest(path)
    ]


def _is_manifest(path: Path) -> bool:
    text = path.read_text(encoding="utf-8", errors="replace")
    return bool(_API_VERSION.search(text) and _KIND.search(text))


def dockerfiles(folder: Path) -> list[str]:
    """Dockerfiles by their names."""
    return [
        path.relative_to(folder).as_posix()
        for path in sorted(folder.rglob("*"))
        if re.fullmatch(r"(.+\.)?[Dd]ockerfile(\..+)?", path.name) and path.is_file()
    ]


def prepare_schemas(source: Path, target: Path) -> None:
    """Copy schemas so that kubeconform finds what they refer to beside them, not on the network."""
    for path in source.glob("*.json"):
        text = path.read_text(encoding="utf-8")
        schema = json.loads(text.replace('"/api/_definitions.json#', '"_definitions.json#'))
        schema.pop("$id", None)
        (target / path.name).write_text(json.dumps(schema), encoding="utf-8")


def version_of(tool: str) -> str:
    """The version a tool gives, or the one in the build data of a Go binary."""
    if tool == "kguard":
        command = [sys.executable, "-m", "kguard", "--version"]
    elif tool in GO_TOOLS and shutil.which("go"):
        command = ["go", "version", "-m", str(shutil.which(tool))]
    else:
        command = [tool, "--version"]
    text = execute(command, ROOT)[0]
    module = re.search(r"^\s*mod\s+\S+\s+v?(\S+)", text, re.MULTILINE)
    number = module or re.search(r"(\d+\.\d+\S*)", text)
    return number[1] if number else "unknown"
