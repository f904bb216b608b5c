"""Globs of the configuration: paths as in .gitignore, names as in a shell."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from kguard.gitignore import Ignores


def matches_name(patterns: Iterable[str], name: str) -> bool:
    """Whether a whole name matches one of the shell globs, case-sensitively."""
    from fnmatch import fnmatchcase

    return any(fnmatchcase(name, pattern) for pattern in patterns)


def matches_path(patterns: Iterable[str], path: str) -> bool:
    """Whether a path (forward slashes, relative to the root) matches one of the globs.

    As gitignore(5): a pattern without a slash inside matches at any depth, others from the root;
    `*` stays within a name, `**` does not; what matches a folder covers all below it, and a
    pattern with a trailing slash matches folders only.
    """
    return _compiled(tuple(patterns)).ignored_with_parents(path)


@lru_cache(maxsize=512)
def _compiled(patterns: tuple[str, ...]) -> Ignores:
    from kguard.gitignore import Ignores, parse_patterns

    return Ignores("", parse_patterns(patterns))
