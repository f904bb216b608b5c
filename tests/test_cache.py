"""The cache keeps what it can, and never fails a run."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from kguard import cache


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("KGUARD_CACHE_DIR", str(tmp_path / "cache"))
    return tmp_path / "cache"


def test_what_is_stored_is_found_again() -> None:
    assert cache.load("a") is None
    cache.store("a", b"one")
    cache.store("a", b"")
    assert cache.load("a") == b""


def test_nothing_but_the_file_is_left(folder: Path) -> None:
    cache.store("a", b"x")
    assert os.listdir(folder / "kguard") == ["a"]


def test_a_folder_that_is_none_costs_nothing(folder: Path) -> None:
    folder.write_text("in the way")
    cache.store("a", b"x")
    assert cache.load("a") is None


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root reads anything")
def test_a_folder_of_somebody_else_costs_nothing(folder: Path) -> None:
    folder.mkdir(mode=0o000)
    cache.store("a", b"x")
    assert cache.load("a") is None


def test_without_a_home_nothing_is_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A container may run as a user that has no entry and no HOME."""
    monkeypatch.delenv("KGUARD_CACHE_DIR")
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    monkeypatch.setattr(os.path, "expanduser", lambda path: path)
    monkeypatch.chdir(tmp_path)
    cache.store("a", b"x")
    assert cache.load("a") is None
    assert list(tmp_path.iterdir()) == []
