"""Fixtures of the configuration's tests."""

from __future__ import annotations

from pathlib import Path

import pytest
from config_project import Project, small_registry


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Project:
    """An empty repository; what is found valid is remembered in a cache of its own."""
    monkeypatch.setenv("KGUARD_CACHE_DIR", str(tmp_path / "cache"))
    root = (tmp_path / "repository").resolve()
    (root / ".git").mkdir(parents=True)
    return Project(root, small_registry())
