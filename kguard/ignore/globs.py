"""Globs of the configuration: paths as in .gitignore, names as in a shell."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache


def matches_name(patterns: Iterable[str], name: str) -> bool:
    """Whether a whole name matches one of the shell globs, case-sensitively."""
    import fnmatch

    return any(fnmatch.fnmatchcase(name, pattern) for pattern in patterns)


def matches_path(patterns: Iterable[str], path: str) -> bool:
    """Whether a path (forward slashes, relative to the root) matches one of the globs.

    As in .gitignore: a pattern without a slash inside matches at any depth, others from the root;
    `*` stays within a name, `**` does not; what matches a folder covers all below it. A pattern
    with a trailing slash matches folders only.
    """
    return any(_path_pattern(pattern).match(path) is not None for pattern in patterns)


_CLASS = re.compile(r"\[([!^]?)([^\]/]+)\]")


@lru_cache(maxsize=512)
def _path_pattern(pattern: str) -> re.Pattern[str]:
    pattern = pattern.removeprefix("./")
    folder = pattern.endswith("/")
    body = pattern.rstrip("/")
    anchored = "/" in body
    regex = "" if anchored else "(?:.*/)?"
    regex += _translate(body.removeprefix("/"))
    return re.compile(regex + (r"/.*\Z" if folder else r"(?:/.*)?\Z"), re.DOTALL)


def _translate(glob: str) -> str:
    """A glob as a regular expression without anchors."""
    out, at = [], 0
    while at < len(glob):
        if glob.startswith("**/", at) and (at == 0 or glob[at - 1] == "/"):
            out.append("(?:.*/)?")
            at += 3
        elif glob.startswith("**", at):
            out.append(".*")
            at += 2
        elif glob[at] == "*":
            out.append("[^/]*")
            at += 1
        elif glob[at] == "?":
            out.append("[^/]")
            at += 1
        elif (found := _CLASS.match(glob, at)) is not None:
            out.append(_character_class(negated=bool(found[1]), members=found[2]))
            at = found.end()
        else:
            out.append(re.escape(glob[at]))
            at += 1
    return "".join(out)


def _character_class(*, negated: bool, members: str) -> str:
    for special in "\\[^&~|":
        members = members.replace(special, f"\\{special}")
    regex = f"(?!/)[{'^' if negated else ''}{members}]"
    try:
        re.compile(regex)
    except re.error:  # A range that runs backwards matches nothing, as in fnmatch(3).
        return r"(?!)"
    return regex
