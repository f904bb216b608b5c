"""Folders of files to be found and read, inside a git repository or outside of one."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

import pytest
from inputs_project import Write, git


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder outside of git that is the working directory; no git settings of a user."""
    folder = tmp_path.resolve() / "project"
    folder.mkdir()
    monkeypatch.chdir(folder)
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", os.devnull)
    monkeypatch.setenv("GIT_CONFIG_NOSYSTEM", "1")
    return folder


@pytest.fixture
def repository(project: Path) -> Path:
    """The same folder as a git repository."""
    git(project, "init", "-q")
    return project


@pytest.fixture
def write(project: Path) -> Write:
    """Writes files by path and text, and the folders they need."""

    def write_files(files: Mapping[str, str]) -> Path:
        for name, text in files.items():
            path = project / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(text.encode())
        return project

    return write_files
