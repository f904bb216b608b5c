"""The script files of a build context that a Dockerfile copies into its image."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator, Sequence

from kguard.kube.dockercopy import sources_of
from kguard.kube.dockerfile import Dockerfile

_LARGEST = 64 * 1024
_MOST = 500
_DEEPEST = 3
_PASSED_OVER = frozenset({"node_modules", "vendor", "__pycache__", "venv"})


def copied_scripts(dockerfile: Dockerfile, folders: Sequence[str]) -> dict[str, str]:
    """The texts of copied scripts by their path in the build context.

    `folders` are the possible contexts, the likeliest first: the first one that has any of the
    files is taken. Nothing outside of it is read, and nothing above 64 KiB. What cannot be read
    is no script.
    """
    wanted = sorted(
        {
            source
            for stage in dockerfile.stages
            for instruction in stage.instructions
            if instruction.keyword in ("COPY", "ADD") and not instruction.heredocs
            for source in sources_of(instruction)[0]
        }
    )
    named = [source.partition("*")[0] for source in wanted]
    for folder in folders:
        if any(name and os.path.lexists(os.path.join(folder, name)) for name in named):
            return _read(folder, wanted)
    return _read(folders[0], wanted) if folders else {}


def _read(folder: str, wanted: Sequence[str]) -> dict[str, str]:
    root = os.path.realpath(folder)
    found: dict[str, str] = {}
    left = _MOST
    for source in wanted:
        pattern = "*" in source
        start = source.partition("*")[0].rpartition("/")[0] if pattern else source
        if start.split("/")[0] == "..":
            continue  # The builder refuses what lies outside of the context.
        for path in _files(root, start):
            left -= 1
            if left < 0:
                return found
            text = _script(root, path)
            if text is not None:
                found[path] = text
    return found


def _files(root: str, source: str) -> Iterator[str]:
    """The files of a context that a source stands for, sorted, folders to a small depth."""
    start = os.path.join(root, source)
    if not os.path.isdir(start):
        yield source
        return
    for folder, folders, names in os.walk(start):
        below = os.path.relpath(folder, root)
        depth = 0 if folder == start else os.path.relpath(folder, start).count(os.sep) + 1
        folders[:] = [
            name
            for name in sorted(folders)
            if depth < _DEEPEST and not name.startswith(".") and name not in _PASSED_OVER
        ]
        for name in sorted(names):
            yield os.path.normpath(os.path.join(below, name)).replace(os.sep, "/")


def _script(root: str, path: str) -> str | None:
    """The text of a script within a folder; None for what is none, or leads out of the folder."""
    full = os.path.realpath(os.path.join(root, path))
    try:
        status = os.stat(full)
        inside = os.path.commonpath([root, full]) == root
        if not inside or not stat.S_ISREG(status.st_mode) or status.st_size > _LARGEST:
            return None
        with open(full, "rb") as file:
            if not path.endswith(".sh") and file.read(2) != b"#!":
                return None
            file.seek(0)
            data = file.read(_LARGEST)
    except (OSError, ValueError):
        return None
    return data.decode("utf-8", "replace").replace("\r\n", "\n")
