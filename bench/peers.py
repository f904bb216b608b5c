"""kguard beside other linters: what each finds in the examples and in public manifests, its cost.

    python -m bench.peers [--schemas DIR] [--runs N] [FOLDER ...]

Runs whichever of the peers are on PATH over the bad and the good state of every example, each tool
with its own defaults, offline and with the state as its working directory, and prints tables in
Markdown. Each FOLDER of manifests is measured too: CPU seconds, peak memory, and on how many
objects kguard and a peer agree. What is a fault here is what kguard finds in the bad examples, so
kguard's own row says nothing; the last list says what the peers find there beside it.

DIR holds the JSON schemas of one Kubernetes version as the PyPI package kubernetes-validate ships
them (kubernetes-json-schema/v1.N.0-local-strict); kubeconform brings none and is left out without.
"""

from __future__ import annotations

import argparse
import itertools
import json
import os
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from bench.peer_reports import ALSO, READERS, PeerError, Report, same_concern, same_object
from kguard.policy.registry import load_registry

ROOT = Path(__file__).resolve().parent.parent

# Modules of the peers that `go install` builds, whose binaries do not know their own version.
GO_TOOLS = ("kube-score", "kubeconform")

# Tools that are given the files; the others walk the folder themselves.
TAKES_FILES = ("kube-score", "kubeconform", "hadolint")

# Which faults lie in inputs a tool reads at all.
READS: Mapping[str, frozenset[str]] = {
    "kguard": frozenset({"kubernetes", "argo", "drone", "dockerfile"}),
    "checkov": frozenset({"kubernetes", "argo", "dockerfile"}),
    "kube-score": frozenset({"kubernetes"}),
    "kubeconform": frozenset({"kubernetes"}),
    "hadolint": frozenset({"dockerfile"}),
    "yamllint": frozenset({"kubernetes", "argo", "drone"}),
}

_ARGO_KINDS = frozenset({"Workflow", "WorkflowTemplate", "CronWorkflow", "ClusterWorkflowTemplate"})
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
            return [tool, "score", "-o", "json", "--kubernetes-version", "v1.33", *files]
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


def door(fault: Report) -> str:
    """The sort of input a fault of ours lies in."""
    if fault.kind == "Dockerfile":
        return "dockerfile"
    if Path(fault.file).name.startswith(".drone."):
        return "drone"
    return "argo" if fault.kind in _ARGO_KINDS else "kubernetes"


def examples(tools: list[str], schemas: Path | None) -> Iterator[str]:
    """The tables about the examples, line by line."""
    named = {policy.id: policy.peers for policy in load_registry().policies.values()}
    bad: dict[str, list[Run | None]] = {}
    good: Counter[str] = Counter()
    states = sorted(path for path in (ROOT / "examples").glob("*/bad") if path.is_dir())
    for tool in tools:
        bad[tool] = [run_tool(tool, state, schemas) for state in states]
        for state in states:
            run = run_tool(tool, state.parent / "good", schemas)
            good[tool] += len(run.reports) if run else 0
    faults = [(i, fault) for i, run in enumerate(bad["kguard"]) if run for fault in run.reports]
    found: dict[str, dict[int, Report]] = {}
    used: dict[str, set[tuple[int, Report]]] = {tool: set() for tool in tools}
    for tool in tools:
        found[tool] = {}
        for number, (state_number, fault) in enumerate(faults):
            run = bad[tool][state_number]
            for report in run.reports if run else ():
                own = tool == "kguard" and report == fault
                concern = own or same_concern(tool, fault.concern, named[fault.concern], report)
                if concern and same_object(fault, report):
                    # The nearest of several reports on the object, in the tool's favour.
                    best = found[tool].get(number)
                    if best is None or _offset(fault, report) < _offset(fault, best):
                        found[tool][number] = report
                    used[tool].add((state_number, report))

    yield f"## Faults of the bad examples ({len(faults)}, of {len(policies(faults))} policies)"
    yield ""
    yield from table(
        [
            "tool",
            "version",
            "faults found",
            "of those in inputs it reads",
            "exact line",
            "exact column",
            "reports, bad",
            "reports, good",
            "CPU, kguard = 1",
            "CPU s",
            "peak MB",
        ],
        (
            [
                tool,
                version_of(tool),
                str(len(found[tool])),
                str(sum(door(fault) in READS[tool] for _, fault in faults)),
                str(sum(faults[n][1].line == r.line for n, r in found[tool].items())),
                str(sum(_offset(faults[n][1], r) == (0, 0) for n, r in found[tool].items())),
                str(sum(len(run.reports) for run in bad[tool] if run)),
                str(good[tool]),
                *costs(bad[tool], bad["kguard"]),
            ]
            for tool in tools
        ),
    )
    yield ""
    yield "## By policy"
    yield ""
    peers = [tool for tool in tools if tool != "kguard"]
    rows = []
    for policy in policies(faults):
        numbers = [n for n, (_, fault) in enumerate(faults) if fault.concern == policy]
        counts = [sum(n in found[peer] for n in numbers) for peer in peers]
        rows.append([policy, str(len(numbers)), *(str(count or "") for count in counts)])
    yield from table(["policy", "faults", *peers], rows)
    yield ""
    yield "## What the peers report in the bad examples beside these"
    for peer in peers:
        others: Counter[str] = Counter()
        for state_number, run in enumerate(bad[peer]):
            for report in run.reports if run else ():
                if (state_number, report) not in used[peer]:
                    others[report.concern] += 1
        told = ", ".join(f"{concern} {count}" for concern, count in sorted(others.items()))
        yield f"- {peer}: {told or 'nothing'}"


def costs(several: list[Run | None], own: list[Run | None]) -> list[str]:
    """CPU as a multiple of our own over the same folders, its sum in seconds, and peak MB."""
    pairs = [(run, ours) for run, ours in zip(several, own, strict=True) if run and ours]
    cpu = sum(run.cpu for run, _ in pairs)
    memory = max((run.memory for run, _ in pairs), default=0)
    base = sum(ours.cpu for _, ours in pairs)
    return [f"{cpu / base:.2f}", f"{cpu:.2f}", f"{memory:.0f}"] if pairs else ["", "", ""]


def _offset(fault: Report, report: Report) -> tuple[int, int]:
    """How far from a fault a report points: lines, then columns."""
    return abs(fault.line - report.line), abs(fault.column - report.column)


def policies(faults: Iterable[tuple[int, Report]]) -> list[str]:
    """The policies of some faults, sorted."""
    return sorted({fault.concern for _, fault in faults})


def slice_of(folder: Path, tools: list[str], schemas: Path | None, runs: int) -> Iterator[str]:
    """Cost and agreement over one folder of public manifests, line by line."""
    every = load_registry().policies.values()
    named = {policy.id: policy.peers for policy in every if policy.profile == "default"}
    results: dict[str, list[Run]] = {}
    for tool in tools:
        repeated = [run_tool(tool, folder, schemas) for _ in range(runs)]
        results[tool] = [run for run in repeated if run]
    own = results["kguard"]
    yield f"## {folder.name} ({len(manifests(folder))} manifests)"
    yield ""
    rows = []
    base = statistics.median(run.cpu for run in own)
    for tool, several in results.items():
        if several:
            cpu = statistics.median(run.cpu for run in several)
            memory = statistics.median(run.memory for run in several)
            sums = [f"{cpu / base:.2f}", f"{cpu:.2f}", f"{memory:.0f}"]
            refused = sum(report.concern == "refused" for report in several[0].reports)
            rows.append([tool, *sums, str(len(several[0].reports)), str(refused or "")])
    head = ["tool", "CPU, kguard = 1", "CPU s", "peak MB", "reports", "files refused"]
    yield from table(head, rows)
    yield ""
    rows = []
    for policy, ids in named.items():
        if policy in ALSO:
            continue
        for peer in (tool for tool in tools if tool != "kguard" and results[tool]):
            theirs = [r for r in results[peer][0].reports if same_concern(peer, policy, ids, r)]
            ours = [r for r in own[0].reports if r.concern == policy]
            by_line = any(not report.kind for report in theirs)
            left, right = ({place(r, by_line) for r in side} for side in (ours, theirs))
            if theirs:
                counts = (len(left & right), len(left - right), len(right - left))
                rows.append([policy, peer, *map(str, counts)])
    yield from table(["policy", "peer", "both", "kguard only", "peer only"], rows)


def place(report: Report, by_line: bool) -> tuple[str, ...]:
    """What two tools agree on: the object, or the line where one of them names no object."""
    return (report.file, str(report.line)) if by_line else (report.file, report.kind, report.name)


def table(head: Iterable[str], rows: Iterable[Iterable[str]]) -> Iterator[str]:
    """A Markdown table, line by line."""
    columns = list(head)
    yield f"| {' | '.join(columns)} |"
    yield "|---" * len(columns) + "|"
    for row in rows:
        yield f"| {' | '.join(row)} |"


def main() -> int:
    """Print the tables; 2 where a tool failed."""
    parser = argparse.ArgumentParser(prog="python -m bench.peers")
    parser.add_argument("folders", nargs="*", type=Path, metavar="FOLDER")
    parser.add_argument("--schemas", type=Path, metavar="DIR")
    parser.add_argument("--runs", type=int, default=3, metavar="N")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as prepared:
        if args.schemas:
            prepare_schemas(args.schemas, Path(prepared))
        tools = [tool for tool in READERS if tool == "kguard" or shutil.which(tool)]
        if not args.schemas and "kubeconform" in tools:
            tools.remove("kubeconform")
        absent = sorted(READERS.keys() - set(tools))
        print(f"not run: {', '.join(absent) or 'none'}\n")
        try:
            print("\n".join(examples(tools, Path(prepared))))
            for folder in args.folders:
                print("")
                print("\n".join(slice_of(folder.resolve(), tools, Path(prepared), args.runs)))
        except PeerError as error:
            print(error, file=sys.stderr)
            return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
