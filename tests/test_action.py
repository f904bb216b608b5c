"""The GitHub action: its scripts run as a runner would, kguard itself from this checkout."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).resolve().parent.parent
ACTION: dict[str, Any] = yaml.safe_load((ROOT / "action.yml").read_text(encoding="utf-8"))
INSTALL, CHECK, UPLOAD = ACTION["runs"]["steps"]

POD = """\
apiVersion: v1
kind: Pod
metadata: {name: web}
spec:
  containers:
    - name: web
      image: registry.example.com/web:latest
"""

needs_bash = pytest.mark.skipif(shutil.which("bash") is None, reason="needs bash")


class Runner:
    """A job's folders and variables, and the last step's outputs."""

    def __init__(self, folder: Path) -> None:
        self.temp = folder / "temp"
        self.work = folder / "work"
        self.summary = folder / "summary.md"
        self.outputs: dict[str, str] = {}
        program = self.temp / "kguard" / "bin" / "kguard"
        program.parent.mkdir(parents=True)
        program.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m kguard "$@"\n')
        program.chmod(0o755)
        self.work.mkdir()
        subprocess.run(["git", "init", "-q"], cwd=self.work, check=True)

    def check(self, **inputs: str) -> subprocess.CompletedProcess[str]:
        """Run the check step with inputs; the others have their defaults (`_` for `-`)."""
        given = {name: each["default"] for name, each in ACTION["inputs"].items()}
        given |= {name.replace("_", "-"): value for name, value in inputs.items()}
        variables = {
            name: re.sub(r"\$\{\{ inputs\.([\w-]+) \}\}", lambda found: given[found[1]], text)
            for name, text in CHECK["env"].items()
        }
        output = self.temp / "output"
        output.write_text("")
        kept = {k: v for k, v in os.environ.items() if not k.startswith(("KGUARD_", "GIT"))}
        runner = {
            "GITHUB_ACTIONS": "true",
            "RUNNER_TEMP": str(self.temp),
            "GITHUB_OUTPUT": str(output),
            "GITHUB_STEP_SUMMARY": str(self.summary),
            "PYTHONPATH": str(ROOT),
        }
        done = subprocess.run(
            # As the runner starts `shell: bash` (docs.github.com, "Workflow syntax").
            ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", CHECK["run"]],
            cwd=self.work,
            env={**kept, **runner, **variables},
            capture_output=True,
            text=True,
            timeout=120,
        )
        self.outputs = dict(line.split("=", 1) for line in output.read_text().splitlines())
        return done


@pytest.fixture
def runner(tmp_path: Path) -> Runner:
    """A job with one manifest that has a fault."""
    made = Runner(tmp_path)
    (made.work / "pod.yaml").write_text(POD)
    return made


@needs_bash
def test_findings_are_annotated_summed_up_and_written_as_sarif(runner: Runner) -> None:
    done = runner.check(args="--select image-latest")
    assert (done.returncode, runner.outputs["exit-code"], done.stderr) == (1, "1", "")
    assert done.stdout.startswith("::warning file=pod.yaml,line=7,")
    assert "`image-latest`" in runner.summary.read_text()
    (run,) = json.loads(Path(runner.outputs["sarif"]).read_text())["runs"]
    assert [result["ruleId"] for result in run["results"]] == ["image-latest"]


@needs_bash
def test_inputs_become_options(runner: Runner) -> None:
    (runner.work / "two words").mkdir()
    (runner.work / "two words" / "b.yaml").write_text(POD)
    (runner.work / "--quiet").mkdir()
    (runner.work / "--quiet" / "c.yaml").write_text(POD)
    done = runner.check(
        paths="two words\n--quiet\n",
        args="--select image-latest\n--exclude *.json",
        fail_on="error",
        summary="false",
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert re.findall(r"file=(.+?),", done.stdout) == ["--quiet/c.yaml", "two words/b.yaml"]
    assert not runner.summary.exists()


@needs_bash
def test_only_changes_are_reported(runner: Runner) -> None:
    identity = ("-c", "user.name=n", "-c", "user.email=e@example.org")
    subprocess.run(["git", "add", "."], cwd=runner.work, check=True)
    subprocess.run(["git", *identity, "commit", "-qm", "x"], cwd=runner.work, check=True)
    done = runner.check(diff_base="HEAD")
    assert (done.returncode, "::" in done.stdout) == (0, False)


@needs_bash
def test_a_wrong_option_fails_and_leaves_no_reports(runner: Runner) -> None:
    done = runner.check(diff_base="nowhere")
    assert (done.returncode, runner.outputs) == (2, {"exit-code": "2"})
    assert "git knows no commit `nowhere`" in done.stderr


@needs_bash
@pytest.mark.parametrize("text", ["$(touch ran)", "`touch ran`", "; touch ran", '" && touch ran'])
def test_inputs_are_never_run(runner: Runner, text: str) -> None:
    runner.check(paths=text, args=text, diff_base=text, fail_on=text, summary=text)
    assert not (runner.work / "ran").exists()


@needs_bash
@pytest.mark.parametrize("step", [INSTALL, CHECK], ids=lambda step: step["name"])
def test_scripts_are_bash_without_expressions(step: dict[str, Any]) -> None:
    assert step["shell"] == "bash"
    assert "${{" not in step["run"]
    assert subprocess.run(["bash", "-n", "-c", step["run"]]).returncode == 0


def test_every_input_is_used_and_described() -> None:
    text = json.dumps(ACTION["runs"])
    assert [name for name in ACTION["inputs"] if f"inputs.{name}" not in text] == []
    # Expressions in descriptions are evaluated too, where no context is at hand.
    assert all("${{" not in each["description"] for each in ACTION["inputs"].values())
    assert UPLOAD["with"]["sarif_file"] == ACTION["outputs"]["sarif"]["value"]
