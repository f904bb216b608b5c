"""git is asked one question, in a way that lets no repository run anything."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest
from inputs_project import Write, git

from kguard.inputs.git import GitUnavailableError, git_root, list_files


def program(folder: Path, text: str) -> Path:
    """A folder with an executable `git` of our own."""
    folder.mkdir(exist_ok=True)
    path = folder / "git"
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    return folder


def test_the_root_is_found_without_git(
    repository: Path, write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    write({"a/b/x.yaml": ""})
    monkeypatch.setenv("PATH", "")
    assert git_root(str(repository / "a/b/x.yaml")) == str(repository)
    assert git_root(str(repository / "a")) == str(repository)


def test_a_worktree_has_a_file_for_git(project: Path, write: Write) -> None:
    write({"sub/.git": "gitdir: ../elsewhere\n", "sub/a/x.yaml": ""})
    assert git_root(str(project / "sub/a")) == str(project / "sub")


def test_tracked_and_untracked_files_are_listed_and_ignored_ones_are_not(
    repository: Path, write: Write
) -> None:
    write({"a.yaml": "", "x/b.yaml": "", "x/c.yaml": "", "x/.gitignore": "c.yaml\n"})
    git(repository, "add", "a.yaml")
    assert sorted(list_files(str(repository))) == ["a.yaml", "x/.gitignore", "x/b.yaml"]
    assert sorted(list_files(str(repository / "x"))) == [".gitignore", "b.yaml"]
    assert "c.yaml" in list_files(str(repository / "x"), ignored=True)


@pytest.mark.parametrize("name", ["größe.yaml", "日本.yaml", "a\nb.yaml", 'quo"te.yaml', " .yaml"])
def test_names_come_as_they_are(repository: Path, name: str) -> None:
    (repository / name).touch()
    assert list_files(str(repository)) == [name]


def test_a_hook_of_the_repository_does_not_run(repository: Path, write: Write) -> None:
    script = program(repository / ".git/bin", "touch ../../../ran; echo ran >&2; exit 1")
    git(repository, "config", "core.fsmonitor", str(script / "git"))
    git(repository, "config", "core.hooksPath", str(script))
    write({"a.yaml": ""})
    assert list_files(str(repository)) == ["a.yaml"]
    assert not (repository.parent / "ran").exists()


def test_a_git_in_the_working_directory_is_not_run(
    repository: Path, write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    write({"a.yaml": ""})
    program(repository, "touch ran")
    monkeypatch.setenv("PATH", os.pathsep.join(["", ".", os.environ["PATH"]]))
    assert "a.yaml" in list_files(str(repository))
    assert not (repository / "ran").exists()


def test_variables_of_a_hook_point_nowhere_else(
    repository: Path, write: Write, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    write({"a.yaml": ""})
    monkeypatch.setenv("GIT_DIR", str(tmp_path / "elsewhere"))
    monkeypatch.setenv("GIT_INDEX_FILE", str(tmp_path / "index"))
    assert list_files(str(repository)) == ["a.yaml"]


def test_no_git_is_said(repository: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(repository))
    with pytest.raises(GitUnavailableError, match="not installed"):
        list_files(str(repository))


def test_a_slow_git_is_given_up(
    repository: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(program(tmp_path / "bin", "exec /bin/sleep 20")))
    with pytest.raises(GitUnavailableError, match=r"longer than 0\.2 s"):
        list_files(str(repository), time_limit=0.2)


def test_a_folder_git_cannot_open_is_told(
    repository: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The warning is that of git 2.39; root, who may run this, opens every folder."""
    warning = "warning: could not open directory 'x/it''s/': Permission denied"
    fake = program(tmp_path / "bin", f'echo "{warning}" >&2; printf "a.yaml\\0"')
    monkeypatch.setenv("PATH", str(fake))
    missed: list[tuple[str, str]] = []
    names = list_files(str(repository), miss=lambda *each: missed.append(each))
    assert (names, missed) == (["a.yaml"], [("x/it''s", "Permission denied")])


def test_dubious_ownership_is_explained(
    repository: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The message is that of git 2.39; a folder of another user cannot be made by every tester."""
    message = "fatal: detected dubious ownership in repository at"
    fake = program(tmp_path / "bin", f'echo "{message} $PWD" >&2; exit 128')
    monkeypatch.setenv("PATH", str(fake))
    with pytest.raises(GitUnavailableError, match="does not trust this folder"):
        list_files(str(repository))


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="needs root")
def test_a_real_folder_of_somebody_else_is_not_trusted(repository: Path) -> None:
    for path in (repository, repository / ".git"):
        os.chown(path, 12345, 12345)
    with pytest.raises(GitUnavailableError, match="does not trust this folder"):
        list_files(str(repository))


def test_a_bare_repository_among_the_files_is_not_used(repository: Path, write: Write) -> None:
    """Its configuration came with a clone and may name programs."""
    write({"bare/x.yaml": ""})
    git(repository / "bare", "init", "-q", "--bare", ".")
    with pytest.raises(GitUnavailableError, match="bare"):
        list_files(str(repository / "bare"))


def test_a_broken_repository_is_explained(project: Path, write: Write) -> None:
    write({".git": "gitdir: nowhere\n"})
    with pytest.raises(GitUnavailableError, match="not a git repository"):
        list_files(str(project))
