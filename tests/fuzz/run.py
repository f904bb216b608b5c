"""Run the coverage-guided fuzzers for a while each: python tests/fuzz/run.py [--seconds 30]

They need atheris, which has no wheels for some platforms; without it one line says that nothing was
run. A failure shows the input, in base64, and where it failed.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
from importlib.util import find_spec
from pathlib import Path

HERE = Path(__file__).resolve().parent
EXAMPLES = HERE.parent.parent / "examples"
MEGABYTES = 2048
"""Memory above which libFuzzer calls it a leak."""

SLOW = 10
"""Seconds above which libFuzzer calls an input slow."""


def main() -> int:
    """Run every fuzzer; 1 where one finds something."""
    parser = argparse.ArgumentParser(description="Run the coverage-guided fuzzers.")
    parser.add_argument("--seconds", type=int, default=30, help="for each (default: 30)")
    seconds = parser.parse_args().seconds
    if find_spec("atheris") is None:
        print("fuzz: not run, because atheris is not installed (no wheel for this platform?)")
        return 0
    return max([fuzz(path, seconds) for path in sorted(HERE.glob("fuzz_*.py"))])


def fuzz(path: Path, seconds: int) -> int:
    """Run one fuzzer and say in a line what came of it; 1 where it found something."""
    with tempfile.TemporaryDirectory() as folder:
        seeds = Path(folder, "seeds")
        seeds.mkdir()
        for number, example in enumerate(sorted(EXAMPLES.rglob("*.y*ml"))):
            (seeds / str(number)).write_bytes(example.read_bytes())
        command = [
            *(sys.executable, str(path), str(seeds)),
            *(f"-max_total_time={seconds}", f"-rss_limit_mb={MEGABYTES}", f"-timeout={SLOW}"),
            *("-print_final_stats=1", "-max_len=16384", f"-artifact_prefix={folder}/"),
        ]
        done = subprocess.run(command, capture_output=True, text=True, errors="replace")
    if done.returncode:
        print(done.stdout[-4000:], done.stderr[-8000:], f"{path.name}: FAILED", sep="\n")
        return 1
    runs = [line for line in done.stderr.splitlines() if "number_of_executed_units" in line]
    count = runs[-1].split()[-1] if runs else "an unknown number of"
    print(f"{path.name}: {count} inputs in {seconds} s, nothing found")
    return 0


if __name__ == "__main__":
    sys.exit(main())
