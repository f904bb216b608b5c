"""Projects with charts and kustomizations, and the tools that render them."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

# The projects of the command line's tests; the programs of the end-to-end tests.
sys.path.append(str(Path(__file__).resolve().parent.parent / "cli"))
sys.path.append(str(Path(__file__).resolve().parent.parent / "e2e"))

from cli_project import Project
from rendered_tools import TOOLS, fake, tool

_missing: dict[str, None] = {}


@pytest.fixture(scope="session")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A cache of these tests' own, so that the pages are read once."""
    return tmp_path_factory.mktemp("cache")


@pytest.fixture
def project(
    tmp_path: Path,
    cache: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> Project:
    """An empty git repository that is the working directory; no settings of the user's."""
    for name in os.environ:
        if name.startswith(("KGUARD_", "GIT_")) or name in ("CI", "GITHUB_ACTIONS"):
            monkeypatch.delenv(name)
    monkeypatch.setenv("KGUARD_CACHE_DIR", str(cache))
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", os.devnull)
    root = tmp_path.resolve() / "project"
    root.mkdir()
    monkeypatch.chdir(root)
    made = Project(root, capsys, monkeypatch)
    made.git("init", "-q")
    return made


FOUND = {name: tool(name) for name in TOOLS}
"""Looked for before a project hides the settings that say where."""


def _set(name: str, monkeypatch: pytest.MonkeyPatch) -> Path:
    found = FOUND[name]
    if isinstance(found, str):
        _missing[found] = None
        pytest.skip(found)
    monkeypatch.setenv(TOOLS[name], str(found))
    return found


@pytest.fixture(params=["helm3", "helm4"])
def helm(request: pytest.FixtureRequest, project: Project, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Each Helm in turn, as the one kguard starts."""
    return _set(request.param, monkeypatch)


@pytest.fixture
def helm4(project: Project, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Helm 4, as the one kguard starts."""
    return _set("helm4", monkeypatch)


@pytest.fixture(params=["kustomize", "kubectl"])
def kustomize(
    request: pytest.FixtureRequest, project: Project, monkeypatch: pytest.MonkeyPatch
) -> Path:
    """Kustomize and kubectl in turn, as the one kguard starts."""
    return _set(request.param, monkeypatch)


@pytest.fixture
def fake_tool(
    tmp_path: Path, project: Project, monkeypatch: pytest.MonkeyPatch
) -> Callable[[str, str], Path]:
    """Makes a program of Python lines and sets it as the one that a variable names."""

    def make(variable: str, text: str) -> Path:
        path = fake(tmp_path, text)
        monkeypatch.setenv(variable, str(path))
        return path

    return make


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say in one line what was not run, which a row of letters does not."""
    if _missing:
        terminalreporter.write_line(f"rendering was not tested: {'; '.join(_missing)}")
