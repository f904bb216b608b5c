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
import shutil
import sys
import tempfile
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from bench.peer_reports import ALSO, READERS, PeerError, Report, same_concern, same_object
from bench.peer_runs import ROOT, Run, manifests, measure, prepare_schemas, run_tool, version_of
from kguard.policy.registry import load_registry

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


def door(fault: Report) -> str:
    """The sort of input a fault of ours lies in."""
    if fault.kind == "Dockerfile":
        return "dockerfile"
    if Path(fault.file).name.startswith(".drone."):
        return "drone"
    return "argo" if fault.kind in _ARGO_KINDS else "kubernetes"


def examples(tools: list[str], schemas: Path | None, runs: int) -> Iterator[str]:
    """The tables about the examples, line by line."""
    named = {policy.id: policy.peers for policy in load_registry().policies.values()}
    states = sorted(path for path in (ROOT / "examples").glob("*/bad") if path.is_dir())
    measured = [measure(tools, state, schemas, runs) for state in states]
    bad = {tool: [state[tool] for state in measured] for tool in tools}
    good: dict[str, list[str]] = {}
    for tool in tools:
        fine = [run_tool(tool, state.parent / "good", schemas) for state in states]
        good[tool] = [report.concern for run in fine if run for report in run.reports]
    faults = [(i, fault) for i, run in enumerate(bad["kguard"]) if run for fault in run.reports]
    found, used = {}, {}
    for tool in tools:
        found[tool], used[tool] = match(tool, faults, bad[tool], named)

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
                str(len(good[tool])),
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
        numbered = [(i, r) for i, run in enumerate(bad[peer]) if run for r in run.reports]
        yield f"- {peer}: {counted(r.concern for i, r in numbered if (i, r) not in used[peer])}"
    yield ""
    yield "## What the peers report in the good examples"
    for peer in peers:
        yield f"- {peer}: {counted(good[peer])}"


def match(
    tool: str,
    faults: list[tuple[int, Report]],
    runs: list[Run | None],
    named: Mapping[str, Mapping[str, Any]],
) -> tuple[dict[int, Report], set[tuple[int, Report]]]:
    """Which faults a tool reports: by number, its report nearest to the fault; and all it used.

    A fault comes with the number of its state, and `runs` are the tool's over the states.
    """
    found: dict[int, Report] = {}
    used: set[tuple[int, Report]] = set()
    for number, (state, fault) in enumerate(faults):
        run = runs[state]
        for report in run.reports if run else ():
            own = tool == "kguard" and report == fault
            concern = own or same_concern(tool, fault.concern, named[fault.concern], report)
            if concern and same_object(fault, report):
                # The nearest of several reports on one object: in the tool's favour.
                best = found.get(number)
                if best is None or _offset(fault, report) < _offset(fault, best):
                    found[number] = report
                used.add((state, report))
    return found, used


def counted(concerns: Iterable[str]) -> str:
    """Ids and how often each occurs."""
    told = [f"{concern} {count}" for concern, count in sorted(Counter(concerns).items())]
    return ", ".join(told) or "nothing"


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
    results = measure(tools, folder, schemas, runs)
    own = results["kguard"]
    yield f"## {folder.name} ({len(manifests(folder))} manifests)"
    yield ""
    rows = []
    for tool, run in results.items():
        if run:
            refused = sum(report.concern == "refused" for report in run.reports)
            sums = costs([run], [own])
            rows.append([tool, *sums, str(len(run.reports)), str(refused or "")])
    head = ["tool", "CPU, kguard = 1", "CPU s", "peak MB", "reports", "files refused"]
    yield from table(head, rows)
    yield ""
    rows = []
    for policy, ids in named.items():
        if policy in ALSO:
            continue
        ours = [r for r in own.reports if r.concern == policy] if own else []
        for peer, run in results.items():
            if run is None or peer == "kguard":
                continue
            theirs = [r for r in run.reports if same_concern(peer, policy, ids, r)]
            if theirs:
                left, right = (set(places(side, theirs)) for side in (ours, theirs))
                counts = (len(left & right), len(left - right), len(right - left))
                rows.append([policy, peer, *map(str, counts)])
    yield from table(["policy", "peer", "both", "kguard only", "peer only"], rows)


def places(reports: list[Report], theirs: list[Report]) -> Iterator[tuple[str, ...]]:
    """What two tools can agree on: the object, or as much of the place as the peer tells."""
    for report in reports:
        if all(other.kind for other in theirs):
            yield report.file, report.kind, report.name
        elif all(other.line for other in theirs):
            yield report.file, str(report.line)
        else:
            yield (report.file,)


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
    if args.schemas and not (args.schemas / "_definitions.json").is_file():
        parser.error(f"no _definitions.json in {args.schemas}")
    if args.runs < 1:
        parser.error("at least one run")
    for folder in args.folders:
        if not folder.is_dir():
            parser.error(f"no folder {folder}")
    with tempfile.TemporaryDirectory() as prepared:
        if args.schemas:
            prepare_schemas(args.schemas, Path(prepared))
        tools = [tool for tool in READERS if tool == "kguard" or shutil.which(tool)]
        if not args.schemas and "kubeconform" in tools:
            tools.remove("kubeconform")
        absent = sorted(READERS.keys() - set(tools))
        print(f"not run: {', '.join(absent) or 'none'}\n")
        try:
            print("\n".join(examples(tools, Path(prepared), args.runs)))
            for folder in args.folders:
                print("")
                print("\n".join(slice_of(folder.resolve(), tools, Path(prepared), args.runs)))
        except PeerError as error:
            print(error, file=sys.stderr)
            return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
