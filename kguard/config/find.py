"""Which file configures a run: the nearest above the working directory, up to the git root."""

from __future__ import annotations

import os
import re

from kguard.config.errors import ConfigError, Problem, Where

YAML_NAMES = (".kguard.yaml", ".kguard.yml")
PYPROJECT = "pyproject.toml"

# Enough to leave alone, without a TOML parser, nearly every pyproject.toml that is not ours.
_MENTIONS_US = re.compile(rb"""tool["']?\s*\.\s*["']?kguard|^\s*\[\s*["']?tool["']?\s*\]""", re.M)


def find(cwd: str, root: str) -> str | None:
    """The configuration nearest to `cwd`, looking upwards as far as `root`; None where none is.

    In one folder `.kguard.yaml` comes before a `[tool.kguard]` in pyproject.toml. Outside of git
    only the working directory is looked at: a file that someone else left in a parent such as
    /tmp must not decide. Raises ConfigError for two YAML files in one folder, or for one that is
    no regular file, or a link out of the repository.
    """
    folder, above = cwd, os.path.dirname(cwd)
    while (found := _in_folder(folder, root)) is None and folder not in (root, above):
        folder, above = above, os.path.dirname(above)
    return found


def _in_folder(folder: str, root: str) -> str | None:
    paths = [os.path.join(folder, name) for name in YAML_NAMES]
    named = [path for path in paths if os.path.lexists(path)]
    if len(named) > 1:
        second = Where(shown(named[1], root))
        first = os.path.basename(named[0])
        raise ConfigError([Problem(second, f"`{first}` is there too; keep one of them")])
    if named:
        path = regular(named[0], root)
        if os.path.islink(path) and not _below(os.path.realpath(path), root):
            # Its lines would be shown with its faults: a checkout must not have any file shown.
            where = Where(shown(path, root))
            raise ConfigError([Problem(where, "a link that leads out of the repository")])
        return path
    pyproject = os.path.join(folder, PYPROJECT)
    if not os.path.isfile(pyproject):
        return None
    try:
        with open(pyproject, "rb") as file:
            data = file.read()
    except OSError:
        return None  # Somebody else's file; whoever needs it complains.
    if not _MENTIONS_US.search(data):
        return None
    from kguard.config.toml import declares

    return pyproject if declares(data) else None


def _below(path: str, root: str) -> bool:
    return path.startswith(os.path.realpath(root).rstrip(os.sep) + os.sep)


def regular(path: str, root: str) -> str:
    """The path itself; raises ConfigError where it is no regular file (a folder, a pipe)."""
    if not os.path.isfile(path):
        cause = "not a regular file" if os.path.lexists(path) else "no such file"
        raise ConfigError([Problem(Where(shown(path, root)), cause)])
    return path


def shown(path: str, root: str) -> str:
    """A path as messages show it: relative to the root where it is below it, forward slashes."""
    if path == root:
        return "."
    return path.removeprefix(root.rstrip(os.sep) + os.sep).replace(os.sep, "/")
