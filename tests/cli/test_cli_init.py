"""`kguard init`: writes what is missing, prints what is to be added, changes nothing."""

from __future__ import annotations

from typing import Any

import pytest
import yaml
from cli_project import CHECKOUT, FIXED, POD, Project

CONFIG, HOOKS, WORKFLOW = ".kguard.yaml", ".pre-commit-config.yaml", ".github/workflows/kguard.yaml"
PIPELINE = ".gitlab-ci.yml"


def files(project: Project) -> set[str]:
    """Every file of the project, git's own left out."""
    paths = (path for path in project.root.rglob("*") if path.is_file())
    names = {path.relative_to(project.root).as_posix() for path in paths}
    return {name for name in names if not name.startswith(".git/")}


def test_an_empty_repository_gets_a_configuration_and_a_hook(project: Project) -> None:
    answer = project.run("init")
    assert (answer.code, answer.err) == (0, "")
    assert answer.out.splitlines()[:2] == [f"wrote {CONFIG}", f"wrote {HOOKS}"]
    assert files(project) == {CONFIG, HOOKS}
    assert project.run("config", "check").code == 0


def test_a_second_run_finds_everything_there(project: Project) -> None:
    project.write({".github/workflows/ci.yaml": "on: push\n"})
    project.run("init")
    before = {name: project.read(name) for name in files(project)}
    assert set(before) == {CONFIG, HOOKS, WORKFLOW, ".github/workflows/ci.yaml"}
    answer = project.run("init")
    assert answer.code == 0
    assert answer.out.splitlines()[:3] == [
        f"{name} has kguard already" for name in (CONFIG, HOOKS, WORKFLOW)
    ]
    assert {name: project.read(name) for name in files(project)} == before


def test_a_dry_run_writes_nothing_and_shows_everything(project: Project) -> None:
    project.write({".github/workflows/ci.yaml": "on: push\n"})
    answer = project.run("init", "--dry-run")
    assert files(project) == {".github/workflows/ci.yaml"}
    project.run("init")
    for name in (CONFIG, HOOKS, WORKFLOW):
        assert f"would write {name}:\n\n{project.read(name)}" in answer.out


def test_files_that_are_there_are_not_changed(project: Project) -> None:
    there = {
        HOOKS: "repos: []\n",
        PIPELINE: "test: {script: [make]}\n",
        CONFIG: "profile: strict\n",
    }
    project.write(there)
    out = project.run("init").out
    assert {name: project.read(name) for name in files(project)} == there
    assert f"{CONFIG} has kguard already\n" in out
    assert f"{HOOKS} is there already; add to it:\n\n  - repo: https://github.com/" in out
    assert f"{PIPELINE} is there already; add to it:\n\nkguard:\n" in out


def test_the_hook_is_one_that_there_is(project: Project) -> None:
    project.run("init")
    (repository,) = yaml.safe_load(project.read(HOOKS))["repos"]
    known = yaml.safe_load((CHECKOUT / ".pre-commit-hooks.yaml").read_text(encoding="utf-8"))
    assert {hook["id"] for hook in repository["hooks"]} <= {hook["id"] for hook in known}


def test_the_workflow_uses_the_action_as_it_is(project: Project) -> None:
    project.write({".github/workflows/ci.yaml": "on: push\n"})
    project.run("init")
    workflow: dict[Any, Any] = yaml.safe_load(project.read(WORKFLOW))
    checkout, kguard = workflow["jobs"]["kguard"]["steps"]
    action = yaml.safe_load((CHECKOUT / "action.yml").read_text(encoding="utf-8"))
    assert checkout["with"]["fetch-depth"] == 0
    assert kguard["uses"] == "kguard/kguard@main"
    assert kguard["with"].keys() <= action["inputs"].keys()
    expression = "${{ github.base_ref && format('origin/{0}', github.base_ref) }}"
    assert kguard["with"]["diff-base"] == expression


def test_the_pipeline_is_a_command_that_runs(project: Project) -> None:
    project.write({PIPELINE: "\n", "a.yaml": POD})
    printed = project.run("init", "--dry-run").out
    start = printed.index("kguard:\n", printed.index(f"{PIPELINE} is there already"))
    job = yaml.safe_load(printed[start : printed.index("next:")])["kguard"]
    command = job["script"][-1].split()
    assert project.run(*command[1:]).code == 1
    assert (project.root / job["artifacts"]["reports"]["codequality"]).exists()


def test_in_a_folder_the_repository_is_set_up(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    project.write({"deploy/a.yaml": FIXED})
    monkeypatch.chdir(project.root / "deploy")
    assert "wrote ../.kguard.yaml\n" in project.run("init").out
    assert files(project) == {"deploy/a.yaml", CONFIG, HOOKS}


def test_outside_of_git_there_is_only_a_configuration(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = project.root.parent / "plain"
    folder.mkdir()
    monkeypatch.chdir(folder)
    assert project.run("init").code == 0
    assert [path.name for path in folder.iterdir()] == [CONFIG]


def test_a_link_is_not_written_through(project: Project) -> None:
    (project.root / HOOKS).symlink_to("elsewhere.yaml")
    answer = project.run("init")
    assert (answer.code, (project.root / "elsewhere.yaml").exists()) == (2, False)
    assert answer.err == f"kguard: {HOOKS} cannot be read: No such file or directory\n"


def test_a_broken_configuration_is_there(project: Project) -> None:
    project.write({CONFIG: "profile: [\n"})
    assert project.run("init").out.startswith(f"{CONFIG} has kguard already\n")
    assert project.read(CONFIG) == "profile: [\n"


def test_where_nothing_can_be_written_no_next_step_is_named(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(part: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("kguard.cli.init._write", refuse)
    answer = project.run("init")
    assert (answer.code, answer.out) == (2, "")
    assert answer.err.startswith("kguard: .kguard.yaml cannot be written: Permission denied\n")
