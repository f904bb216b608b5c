"""Which file configures a run."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from kguard.config import ConfigError
from kguard.config.find import find

TABLE = '[tool.kguard]\nprofile = "strict"\n'


def lay(root: Path, *files: str) -> None:
    """Write empty YAML files and pyproject.toml files with a table, folders as needed."""
    for name in files:
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(TABLE if name.endswith(".toml") else "", encoding="utf-8")


@pytest.mark.parametrize(
    ("files", "cwd", "expected"),
    [
        pytest.param([], "a/b", None, id="none"),
        pytest.param([".kguard.yaml"], "a/b", ".kguard.yaml", id="at the root"),
        pytest.param([".kguard.yml"], "a/b", ".kguard.yml", id="the short ending"),
        pytest.param([".kguard.yaml", "a/.kguard.yaml"], "a/b", "a/.kguard.yaml", id="nearest"),
        pytest.param(["a/b/c/.kguard.yaml"], "a/b", None, id="not below"),
        pytest.param(["../.kguard.yaml"], "a/b", None, id="not above the root"),
        pytest.param([".kguard.yaml", "pyproject.toml"], ".", ".kguard.yaml", id="YAML first"),
        pytest.param([".kguard.yaml", "a/pyproject.toml"], "a", "a/pyproject.toml", id="TOML near"),
    ],
)
def test_the_nearest_file_up_to_the_root(
    tmp_path: Path, files: list[str], cwd: str, expected: str | None
) -> None:
    root = tmp_path / "root"
    (root / "a/b").mkdir(parents=True)
    lay(root, *files)
    found = find(str(root / cwd), str(root))
    assert (Path(found).relative_to(root).as_posix() if found else None) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("[tool.kguard]\n", True),
        ("[ tool . 'kguard' ]\n", True),
        ("[tool]\nkguard = {}\n", True),
        ("[[tool.kguard.ignore]]\npolicies = ['x']\n", True),
        ("tool.kguard.profile = 'all'\n", True),
        ("[tool.kguard\n", True),
        ("[project]\ndependencies = ['kguard-lint']\n", False),
        ("[tool.ruff]\n# not [tool.kguard]\n", False),
        ("[tool.kguardian]\n", False),
        ("[tool.ruff\n", False),
    ],
)
def test_a_pyproject_counts_with_our_table_only(tmp_path: Path, text: str, expected: bool) -> None:
    (tmp_path / "pyproject.toml").write_text(text, encoding="utf-8")
    assert (find(str(tmp_path), str(tmp_path)) is not None) is expected


def test_two_yaml_files_in_one_folder_are_refused(tmp_path: Path) -> None:
    lay(tmp_path, ".kguard.yaml", ".kguard.yml")
    with pytest.raises(ConfigError, match=r"\.kguard\.yml: `\.kguard\.yaml` is there too"):
        find(str(tmp_path), str(tmp_path))


def test_a_folder_and_a_pipe_are_no_configuration(tmp_path: Path) -> None:
    (tmp_path / ".kguard.yaml").mkdir()
    os.mkfifo(tmp_path / "pyproject.toml")
    with pytest.raises(ConfigError, match="not a regular file"):
        find(str(tmp_path), str(tmp_path))
    (tmp_path / ".kguard.yaml").rmdir()
    assert find(str(tmp_path), str(tmp_path)) is None


def test_a_link_that_leads_nowhere_is_not_overlooked(tmp_path: Path) -> None:
    (tmp_path / ".kguard.yaml").symlink_to("gone.yaml")
    with pytest.raises(ConfigError, match="not a regular file"):
        find(str(tmp_path), str(tmp_path))
