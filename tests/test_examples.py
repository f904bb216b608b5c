"""The example projects: the bad states have the faults their READMEs list, the good ones none."""

from __future__ import annotations

import json
import os
import re
import shutil
from pathlib import Path

import pytest

from kguard.cli import run

EXAMPLES = Path(__file__).resolve().parent.parent / "examples"
PROJECTS = sorted(path.parent.name for path in EXAMPLES.glob("*/README.md"))
STATES = sorted(
    f"{path.parent.name}/{path.name}"
    for path in EXAMPLES.glob("*/*")
    if path.is_dir() and path.name != "good"
)
_ROW = re.compile(r"^\| `(?P<file>[^`]+)` \| `(?P<policy>[^`]+)` \| \S.* \|$")

Pairs = list[tuple[str, str]]


@pytest.fixture(autouse=True)
def _no_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keeps settings of whoever runs the tests out of them."""
    for name in [name for name in os.environ if name.startswith("KGUARD_")]:
        monkeypatch.delenv(name)


def listed(state: str) -> Pairs:
    """(file, policy) of every row of the table that the README of a project has on a state."""
    project, _, name = state.partition("/")
    text = (EXAMPLES / project / "README.md").read_text(encoding="utf-8")
    (section,) = re.findall(rf"^## .* in `{name}`\n(.*?)(?=^## |\Z)", text, re.M | re.S)
    lines = section.splitlines()
    table = lines[lines.index("|---|---|---|") + 1 :]
    rows = [_ROW.match(line) for line in table if line]
    assert all(rows), "a row is not `| `file` | `policy` | text |`"
    return [(row["file"], row["policy"]) for row in rows if row]


def check(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], *options: str
) -> tuple[int, Pairs]:
    """The exit code and (file, policy) of the findings in a folder, run from inside it."""
    monkeypatch.chdir(folder)
    code = run(["check", "--format", "json", *options])
    report = json.loads(capsys.readouterr().out)
    assert report["unchecked"] == []
    return code, [(finding["file"], finding["policy"]) for finding in report["findings"]]


@pytest.fixture(params=PROJECTS)
def project(request: pytest.FixtureRequest) -> str:
    """The name of an example project."""
    name: str = request.param
    return name


@pytest.fixture
def copied(project: str, tmp_path: Path) -> Path:
    """A copy outside of any repository, so that paths are relative to the state's own folder."""
    return Path(shutil.copytree(EXAMPLES / project, tmp_path / project))


def test_there_are_projects() -> None:
    assert PROJECTS == [
        "argo-at-scale",
        "argo-pipeline",
        "drone-pipeline",
        "queue-worker",
        "web-service",
    ]
    assert [state for state in STATES if not state.endswith("/bad")] == ["queue-worker/half-fixed"]


@pytest.mark.parametrize("state", STATES)
def test_state_has_the_faults_of_its_table(
    state: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    folder = Path(shutil.copytree(EXAMPLES / state, tmp_path / state))
    code, found = check(folder, monkeypatch, capsys)
    assert sorted(listed(state)) == sorted(set(found))
    assert code == 1


@pytest.mark.parametrize("options", [(), ("--complete",)], ids=["partial", "complete"])
def test_good_state_has_none(
    options: tuple[str, ...],
    copied: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert check(copied / "good", monkeypatch, capsys, *options) == (0, [])


def test_good_states_have_none_from_the_root_of_the_repository(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    folders = [f"examples/{name}/good" for name in PROJECTS]
    assert check(EXAMPLES.parent, monkeypatch, capsys, *folders) == (0, [])


@pytest.mark.parametrize("state", STATES)
def test_bad_states_hold_no_comment_that_gives_them_away(state: str) -> None:
    bad = EXAMPLES / state
    manifests = [path for path in bad.rglob("*") if path.suffix in (".yaml", ".yml")]
    assert manifests
    marked = [path.name for path in manifests if re.search(r"(^|\s)#", path.read_text("utf-8"))]
    assert marked == []


def test_installation_at_scale_has_nothing_above_a_note_in_the_profile_scale(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = EXAMPLES / "argo-at-scale" / "good"
    options = ("--profile", "scale", "--complete", "--fail-on", "warning")
    code, found = check(folder, monkeypatch, capsys, *options)
    assert code == 0
    assert found == []
