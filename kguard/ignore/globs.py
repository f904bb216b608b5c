"""Globs of the configuration: paths as in .gitignore, names as in a shell, in linear time."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache

_Matches = tuple[re.Pattern[str] | None, ...]
"""The segments of a path pattern; None stands for `**`, any number of folders."""


def matches_name(patterns: Iterable[str], name: str) -> bool:
    """Whether a whole name matches one of the shell globs, case-sensitively."""
    return any(_segment(pattern).match(name) is not None for pattern in patterns)


def matches_path(patterns: Iterable[str], path: str) -> bool:
    """Whether a path (forward slashes, relative to the root) matches one of the globs.

    As gitignore(5): a pattern without a slash inside matches at any depth, others from the root;
    `*` stays within a name, `**` does not; what matches a folder covers all below it, and a
    pattern with a trailing slash matches folders only.
    """
    names = path.split("/")
    return any(_matches(*_compiled(pattern), names) for pattern in patterns)


def _matches(pattern: _Matches, folder: bool, names: list[str]) -> bool:
    """Walk all readings of the pattern along the path at once, so that none is tried twice."""
    states = _reach(pattern, {0})
    for depth, name in enumerate(names):
        after = set()
        for state in states:
            if state == len(pattern):
                continue
            segment = pattern[state]
            if segment is None:
                after.add(state)
            elif segment.match(name):
                after.add(state + 1)
        states = _reach(pattern, after)
        if len(pattern) in states and not (folder and depth == len(names) - 1):
            return True
    return False


def _reach(pattern: _Matches, states: set[int]) -> set[int]:
    """The states and those behind a `**` that stands for no folder at all."""
    reached = set()
    for state in states:
        while state not in reached:
            reached.add(state)
            if state + 1 < len(pattern) and pattern[state] is None:
                state += 1
    return reached


@lru_cache(maxsize=512)
def _compiled(pattern: str) -> tuple[_Matches, bool]:
    folder = pattern.endswith("/")
    body = pattern.removeprefix("./").rstrip("/")
    segments = [] if "/" in body else ["**"]
    segments += [segment for segment in body.split("/") if segment]
    if segments[-1:] == ["**"]:
        segments.append("*")  # `a/**` is what is below `a`, not `a` itself.
    return tuple(None if s == "**" else _segment(s) for s in segments), folder


@lru_cache(maxsize=512)
def _segment(glob: str) -> re.Pattern[str]:
    import fnmatch

    return re.compile(fnmatch.translate(re.sub(r"\*+", "*", glob)))
