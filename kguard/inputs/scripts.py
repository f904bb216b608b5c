"""The build context of a Dockerfile: the script files that it copies into its image."""

from __future__ import annotations

import os
import stat
from collections.abc import Sequence
from functools import cached_property
from itertools import takewhile

from kguard.kube.dockercopy import context_sources
from kguard.kube.dockerfile import Dockerfile
from kguard.kube.dockerwords import is_pattern

_LARGEST = 64 * 1024


def copied_scripts(dockerfile: Dockerfile, folders: Sequence[str]) -> BuildContext:
    """The context of a Dockerfile. `folders` are the possible ones, the likeliest first."""
    return BuildContext(dockerfile, folders)


class BuildContext:
    """A folder on the disk. Nothing outside of it is read, and nothing before it is asked for.

    Of the possible folders the first that has any of the copied files is taken.
    """

    def __init__(self, dockerfile: Dockerfile, folders: Sequence[str]) -> None:
        self._dockerfile, self._folders = dockerfile, folders
        self._texts: dict[str, str | None] = {}

    @cached_property
    def _root(self) -> str:
        named = {
            _named(source)
            for stage in self._dockerfile.stages
            for instruction in stage.instructions
            for source in context_sources(instruction)
        }
        for folder in self._folders:
            if any(name and _exists(os.path.join(folder, name)) for name in named):
                return os.path.realpath(folder)
        return os.path.realpath(self._folders[0]) if self._folders else ""

    def is_file(self, path: str) -> bool:
        """Whether there is a file."""
        full = self._full(path)
        return full is not None and os.path.isfile(full)

    def is_folder(self, path: str) -> bool:
        """Whether there is a folder; the empty path is the context itself."""
        full = self._full(path)
        return full is not None and os.path.isdir(full)

    def names(self, folder: str) -> Sequence[str]:
        """What a folder holds, sorted."""
        full = self._full(folder)
        try:
            return sorted(os.listdir(full)) if full is not None else ()
        except OSError:
            return ()

    def text(self, path: str) -> str | None:
        """The text of a script, of at most 64 KiB; None for what is none and cannot be read."""
        if path not in self._texts:
            full = self._full(path)
            self._texts[path] = _script(full, path) if full is not None else None
        return self._texts[path]

    def _full(self, path: str) -> str | None:
        """Where a path of the context leads; None where that is outside, as for the builder."""
        try:
            full = os.path.realpath(os.path.join(self._root, path))
            inside = os.path.commonpath([self._root, full]) == self._root
        except (OSError, ValueError):
            return None
        return full if inside else None


def _named(source: str) -> str:
    """The part of a source that is no pattern."""
    return "/".join(takewhile(lambda part: not is_pattern(part), source.split("/")))


def _exists(path: str) -> bool:
    try:
        return os.path.lexists(path)
    except ValueError:  # A NUL in it.
        return False


def _script(full: str, name: str) -> str | None:
    """The text of a script; None for what is none. `name` is what the context calls it."""
    try:
        status = os.stat(full)
        if not stat.S_ISREG(status.st_mode) or status.st_size > _LARGEST:
            return None
        with open(full, "rb") as file:
            if not name.endswith(".sh") and file.read(2) != b"#!":
                return None
            file.seek(0)
            data = file.read(_LARGEST)
    except (OSError, ValueError):
        return None
    return data.decode("utf-8", "replace").replace("\r\n", "\n")
