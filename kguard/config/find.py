"""Which file configures a run: the nearest above the working directory, up to the git root."""

from __future__ import annotations

import os
import re
from pathlib import Path

from kguard.config.errors import ConfigError, Problem, Where

YAML_NAMES = (".kguard.yaml", ".kguard.yml")
PYPROJECT = "pyproject.toml"

# Enough to leave alone, without a TOML parser, nearly every pyproject.toml that is not ours.
_MENTIONS_US = re.compile(rb"""tool["']?\s*\.\s*["']?kguard|^\s*\[\s*["']?tool["']?\s*\]""", re.M)


def find(cwd: Path, root: Path) -> Path | None:
    """The configuration nearest to `cwd`, looking upwards as far as `root`; None where none is.

    In one folder `.kguard.yaml` comes before a `[tool.kguard]` in pyproject.toml. Outside of git
    only the working directory is looked at: a file that someone else left in a parent such as
    /tmp must not decide. Raises ConfigError for two YAML files in one folder, or for one that is
    no regular file.
    """
    for folder in (cwd, *cwd.parents):
        if (found := _in_folder(folder, root)) is not None:
            return found
        if folder == root:
            break
    return None


def _in_folder(folder: Path, root: Path) -> Path | None:
    named = [folder / name for name in YAML_NAMES if os.path.lexists(folder / name)]
    if len(named) > 1:
        second = Where(shown(named[1], root))
        raise ConfigError([Problem(second, f"`{named[0].name}` is there too; keep one of them")])
    if named:
        return regular(named[0], root)
    pyproject = folder / PYPROJECT
    if not pyproject.is_file():
        return None
    try:
        data = pyproject.read_bytes()
    except OSError:
        return None  # Somebody else's file; whoever needs it complains.
    if not _MENTIONS_US.search(data):
        return None
    from kguard.config.toml import declares

    return pyproject if declares(data) else None


def regular(path: Path, root: Path) -> Path:
    """The path itself; raises ConfigError where it is no regular file (a folder, a pipe)."""
    if not path.is_file():
        cause = "not a regular file" if os.path.lexists(path) else "no such file"
        raise ConfigError([Problem(Where(shown(path, root)), cause)])
    return path


def shown(path: Path, root: Path) -> str:
    """A path as messages show it: relative to the root where it is below it, forward slashes."""
    try:
        return path.relative_to(root).as_posix()
    except ValueError:
        return path.as_posix()
