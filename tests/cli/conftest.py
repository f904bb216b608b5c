"""Fixtures of the command line's tests."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from cli_project import Project

_SHOWING = frozenset(
    [
        "NO_COLOR",
        "FORCE_COLOR",
        "CLICOLOR",
        "CLICOLOR_FORCE",
        "COLUMNS",
        "CI",
        "GITHUB_ACTIONS",
        "TERM",
    ]
)


@pytest.fixture(scope="session")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A cache of these tests' own, so that the pages are read once."""
    return tmp_path_factory.mktemp("cache")


@pytest.fixture
def project(
    tmp_path: Path,
    cache: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Project:
    """An empty git repository that is the working directory; no settings of the user's."""
    for name in os.environ:
        if name.startswith(("KGUARD_", "GIT_")) or name in _SHOWING:
            monkeypatch.delenv(name)
    monkeypatch.setenv("KGUARD_CACHE_DIR", str(cache))
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", os.devnull)
    monkeypatch.setenv("GIT_CONFIG_NOSYSTEM", "1")
    monkeypatch.setenv("TMPDIR", str(tmp_path))  # Where the logs of crashes go.
    monkeypatch.setattr("tempfile.tempdir", None)
    root = tmp_path.resolve() / "project"
    root.mkdir()
    monkeypatch.chdir(root)
    made = Project(root, capsys, monkeypatch)
    made.git("init", "-q")
    return made
