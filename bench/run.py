"""How fast kguard is: whole processes over generated manifests, and the parts of one.

    python bench/run.py [--files 1000 10000] [--runs 5]   whole runs, beside checkov if it is there
    python bench/run.py --parts                           reading, tokenising, start-up

Seconds depend on the machine and on what else runs there; ratios of what was measured in turns
within one run hold. bench/README.md tells what was measured.
"""

from __future__ import annotations

import argparse
import importlib.util
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median

ROOT = Path(__file__).resolve().parent.parent
ONE_FINDING = """\
apiVersion: v1
kind: Pod
metadata: {name: web}
spec:
  containers:
    - name: web
      image: registry.example.com/web:1.4.2
      resources: {requests: {cpu: 100m, memory: 64Mi}}
"""


@dataclass(frozen=True, slots=True)
class Usage:
    """What a process took: seconds of wall clock and of CPU, and its peak of memory in MB."""

    wall: float
    cpu: float
    rss: float


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description="Measure how fast kguard is.")
    parser.add_argument("--files", type=int, nargs="+", default=[1000, 10_000])
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--parts", action="store_true", help="measure reading and start-up alone")
    parser.add_argument("--no-checkov", action="store_true", help="leave checkov out")
    parser.add_argument("--part", nargs=2, metavar=("NAME", "FOLDER"), help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.part:
        print(_part(args.part[0], Path(args.part[1])))
        return
    with tempfile.TemporaryDirectory() as folder:
        scratch = Path(folder)
        if args.parts:
            corpus = _write(scratch, min(args.files), args.seed)
            reading(corpus, args.runs)
            start_up(scratch, args.runs * 4)
            return
        for files in args.files:
            whole(_write(scratch, files, args.seed), files, args.runs)
        if not args.no_checkov:
            beside_checkov(_write(scratch, min(args.files), args.seed), args.runs)


def whole(corpus: Path, files: int, runs: int) -> None:
    """Whole runs of `kguard check` over a corpus."""
    megabytes = sum(path.stat().st_size for path in corpus.rglob("*") if path.is_file()) / 1e6
    measure(_kguard(corpus), corpus.parent)  # Fills the page cache and kguard's own.
    used = [measure(_kguard(corpus), corpus.parent) for _ in range(runs)]
    wall, cpu = median(each.wall for each in used), median(each.cpu for each in used)
    rss = median(each.rss for each in used)
    print(
        f"{files:>6} files  {megabytes:6.1f} MB  wall {wall:7.2f} s  CPU {cpu:7.2f} s"
        f"  {files / wall:6.0f} files/s  {megabytes / wall:6.2f} MB/s  peak {rss:4.0f} MB"
    )


def beside_checkov(corpus: Path, runs: int) -> None:
    """The same files by checkov, in turns with kguard; nothing where there is no checkov."""
    checkov = _checkov(corpus)
    if not checkov:
        print("checkov is neither on PATH nor importable: not compared")
        return
    for command in (_kguard(corpus), checkov):
        measure(command, corpus.parent)
    pairs = [
        (measure(_kguard(corpus), corpus.parent), measure(checkov, corpus.parent))
        for _ in range(runs)
    ]
    for name, used in zip(("kguard", "checkov"), zip(*pairs, strict=True), strict=True):
        wall, cpu = median(each.wall for each in used), median(each.cpu for each in used)
        rss = median(each.rss for each in used)
        print(f"{name:<8} wall {wall:7.2f} s  CPU {cpu:7.2f} s  peak {rss:4.0f} MB")
    wall = median(theirs.wall / ours.wall for ours, theirs in pairs)
    cpu = median(theirs.cpu / ours.cpu for ours, theirs in pairs)
    print(f"checkov / kguard: {wall:.1f} times the wall clock, {cpu:.1f} times the CPU")


def reading(corpus: Path, runs: int) -> None:
    """kguard's reader and a whole run beside libyaml's tokeniser, which nothing on it can beat."""
    _child_part("tokenise", corpus)
    taken: dict[str, list[float]] = {"tokenise": [], "read": [], "check": []}
    for _ in range(runs):
        for name in ("tokenise", "read"):
            taken[name].append(_child_part(name, corpus))
        taken["check"].append(measure(_kguard(corpus), corpus.parent).cpu)
    floor = taken["tokenise"]
    for name, seconds in taken.items():
        ratio = median(own / low for own, low in zip(seconds, floor, strict=True))
        print(f"{name:<9} CPU {median(seconds):6.3f} s  {ratio:5.1f} times tokenising")


def start_up(scratch: Path, runs: int) -> None:
    """CPU of the shortest runs above that of Python itself: the least of many."""
    file = scratch / "pod.yaml"
    file.write_text(ONE_FINDING, encoding="utf-8")
    commands = {
        "python -c pass": [sys.executable, "-c", "pass"],
        "kguard --version": [sys.executable, "-m", "kguard", "--version"],
        "one file, one finding": _kguard(file),
    }
    for command in commands.values():
        measure(command, scratch)
    taken: dict[str, list[float]] = {name: [] for name in commands}
    for _ in range(runs):
        for name, command in commands.items():
            taken[name].append(measure(command, scratch).cpu * 1000)
    bare = min(taken["python -c pass"])
    for name, values in taken.items():
        print(f"{name:<22} CPU {min(values):6.1f} ms  {min(values) - bare:6.1f} above Python")


def measure(command: Sequence[str], scratch: Path) -> Usage:
    """Run a command to its end. Raises SystemExit where it fails in any way but by findings."""
    start = time.perf_counter()
    process = subprocess.Popen(
        command,
        cwd=scratch,
        env=_environment(scratch),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
    )
    assert process.stderr is not None
    errors = process.stderr.read()
    _, status, used = os.wait4(process.pid, 0)
    wall = time.perf_counter() - start
    process.returncode = os.waitstatus_to_exitcode(status)
    process.stderr.close()
    if process.returncode not in (0, 1):
        raise SystemExit(f"{' '.join(command)}: exit code {process.returncode}\n{errors.decode()}")
    scale = 1e6 if sys.platform == "darwin" else 1e3  # Bytes there, kilobytes elsewhere.
    return Usage(wall, used.ru_utime + used.ru_stime, used.ru_maxrss / scale)


def _environment(scratch: Path) -> Mapping[str, str]:
    """No settings of the user, and caches of its own that last from run to run.

    Without byte code every run would compile every module, which no installed kguard does.
    """
    unwanted = ("KGUARD_", "PYTHONDONTWRITEBYTECODE", "PYTHONOPTIMIZE")
    kept = {key: value for key, value in os.environ.items() if not key.startswith(unwanted)}
    return {
        **kept,
        "PYTHONPATH": str(ROOT),
        "PYTHONPYCACHEPREFIX": str(scratch / ".byte-code"),
        "XDG_CACHE_HOME": str(scratch / ".cache"),
    }


def _kguard(path: Path) -> list[str]:
    options = ["--isolated", "--no-progress", "--format", "concise"]
    return [sys.executable, "-m", "kguard", "check", *options, str(path)]


def _checkov(corpus: Path) -> list[str]:
    """checkov's command, without network and with its checks of Kubernetes only."""
    program = shutil.which("checkov")
    if program:
        start = [program]
    elif importlib.util.find_spec("checkov"):
        start = [sys.executable, "-m", "checkov.main"]
    else:
        return []
    options = ["--framework", "kubernetes", "--skip-download", "--compact", "--quiet"]
    return [*start, *options, "--directory", str(corpus)]


def _child_part(name: str, corpus: Path) -> float:
    """CPU seconds of one part, in a process of its own so that nothing is warm."""
    command = [sys.executable, __file__, "--part", name, str(corpus)]
    done = subprocess.run(
        command, env=_environment(corpus.parent), capture_output=True, text=True, check=True
    )
    return float(done.stdout)


def _part(name: str, corpus: Path) -> float:
    """CPU seconds that one part takes over a corpus which is in memory."""
    texts = [path.read_bytes() for path in sorted(corpus.rglob("*")) if path.is_file()]
    if name == "tokenise":
        from yaml import CLoader

        start = time.process_time()
        for text in texts:
            CLoader(text).raw_scan()
        return time.process_time() - start
    from kguard.source import read

    start = time.process_time()
    for number, text in enumerate(texts):
        read(f"{number}.yaml", text)
    return time.process_time() - start


def _write(scratch: Path, files: int, seed: int) -> Path:
    """A corpus of its own process, whose memory would otherwise count as a child's peak."""
    folder = scratch / f"corpus-{files}"
    if not folder.exists():
        command = [sys.executable, str(ROOT / "bench" / "corpus.py"), str(folder)]
        subprocess.run(
            [*command, "--files", str(files), "--seed", str(seed)],
            stdout=subprocess.DEVNULL,
            check=True,
        )
    return folder


if __name__ == "__main__":
    main()
