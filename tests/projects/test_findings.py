"""What is found in the example projects: each fault, how often, and where.

The READMEs of the projects say what the faults do; the tables beside this file say where they
stand, one policy a line: its id, how often it speaks, and `file:line` of each time. A change
that moves, adds or loses a finding shows here; `python tests/projects/test_findings.py` writes
them anew.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections import defaultdict
from pathlib import Path

import pytest

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
PROFILES = {"argo-at-scale/bad": "scale"}
STATES = sorted(
    f"{path.parent.name}/{path.name}"
    for path in (ROOT / "examples").glob("*/*")
    if path.is_dir() and path.name != "good"
)


def expected_file(state: str) -> Path:
    """The table of a state."""
    return HERE / f"{state.replace('/', '.')}.txt"


def table(state: str) -> str:
    """What kguard finds in a state, as its table has it; the check runs inside its folder."""
    command = [sys.executable, "-m", "kguard", "check", "--format", "json"]
    done = subprocess.run(
        [*command, "--profile", PROFILES.get(state, "default")],
        cwd=ROOT / "examples" / state,
        env={key: value for key, value in os.environ.items() if not key.startswith("KGUARD_")}
        | {"PYTHONPATH": str(ROOT)},
        capture_output=True,
        check=False,
    )
    report = json.loads(done.stdout)
    assert (report["unchecked"], done.returncode) == ([], 1)
    places = defaultdict(list)
    for finding in report["findings"]:
        file = finding["file"].removeprefix(f"examples/{state}/")
        places[finding["policy"]].append(f"{file}:{finding['line']}")
    return "".join(
        f"{policy} {len(found)} {' '.join(found)}\n" for policy, found in sorted(places.items())
    )


@pytest.mark.parametrize("state", STATES)
def test_findings_are_those_of_the_table(state: str) -> None:
    assert table(state) == expected_file(state).read_text(encoding="utf-8")


def test_there_is_a_table_for_each_state() -> None:
    assert sorted(HERE.glob("*.txt")) == sorted(map(expected_file, STATES))


if __name__ == "__main__":
    for each in STATES:
        expected_file(each).write_text(table(each), encoding="utf-8")
