"""Patterns as gitignore(5) defines them: for folders git cannot list, and for `--exclude`.

A folder's patterns apply below it; deeper files win over higher ones, and in one file the last
pattern that matches wins. What is inside an ignored folder stays ignored.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable

from kguard.record import record

LONGEST = 4096
"""Characters of a pattern: no path is longer (PATH_MAX), and compiling it would take long."""

_LARGEST = 1024 * 1024
"""Bytes of a .gitignore that are read; the rest of a larger one is not for people either."""

Tell = Callable[[str, int], None]
"""Is told of the first pattern of a file that is too long to be used: path and line number."""


@record
class Pattern:
    """One line of a .gitignore: what it matches, relative to the folder it stands in."""

    match: re.Pattern[str]
    negated: bool
    folders_only: bool


@record
class Ignores:
    """The patterns that apply in a folder: its own, and those of the folders above it.

    `folder` is the path the own patterns are relative to, with forward slashes and a slash at its
    end, or empty for the top.
    """

    folder: str
    patterns: tuple[Pattern, ...]
    above: Ignores | None = None

    def ignored(self, path: str, *, is_folder: bool) -> bool:
        """Whether `path` itself is ignored; whether a folder above it is, is the caller's."""
        level: Ignores | None = self
        while level is not None:
            below = path[len(level.folder) :]
            for pattern in reversed(level.patterns):
                if (is_folder or not pattern.folders_only) and pattern.match.fullmatch(below):
                    return not pattern.negated
            level = level.above
        return False

    def ignored_with_parents(self, path: str) -> bool:
        """Whether the file `path` or any folder above it is ignored by these patterns."""
        parts = path[len(self.folder) :].split("/")
        folder = self.folder
        for part in parts[:-1]:
            if self.ignored(folder + part, is_folder=True):
                return True
            folder += part + "/"
        return self.ignored(path, is_folder=False)

    def enter(self, folder: str, patterns: tuple[Pattern, ...]) -> Ignores:
        """The patterns that apply in a folder below this one, which has `patterns` of its own."""
        return Ignores(folder, patterns, self) if patterns else self


NOTHING = Ignores("", ())
"""Ignores no path."""


def tell_nobody(path: str, line: int) -> None:
    """Leave a pattern that is too long out without a word."""


def read_patterns(path: str, tell: Tell = tell_nobody) -> tuple[Pattern, ...]:
    """The patterns in a file, none where it does not exist or cannot be read."""
    try:
        with open(path, "rb") as file:
            text = os.fsdecode(file.read(_LARGEST).removeprefix(b"\xef\xbb\xbf"))
    except OSError:
        return ()
    lines = text.split("\n")
    if len(text) > LONGEST:  # Else no line is.
        for number, line in enumerate(lines, 1):
            if len(line) > LONGEST and not line.startswith("#"):
                tell(path, number)
                break
    return parse_patterns(lines)


def parse_patterns(lines: Iterable[str]) -> tuple[Pattern, ...]:
    """The patterns those lines hold; comments, empty lines and impossible patterns hold none.

    One of more than LONGEST characters is impossible: no path is as long.
    """
    return tuple(pattern for line in lines if (pattern := _pattern(line)) is not None)


def _pattern(line: str) -> Pattern | None:
    line = _without_trailing_spaces(line.removesuffix("\r"))
    if not line or line.startswith("#") or len(line) > LONGEST:
        return None
    negated = line.startswith("!")
    if negated:
        line = line[1:]
    folders_only = line.endswith("/")
    line = line.removesuffix("/")
    # A slash before the end anchors the pattern to its folder; without one it matches a name
    # at any depth (gitignore(5), PATTERN FORMAT).
    glob = line.removeprefix("/") if "/" in line else f"**/{line}"
    expression = _expression(glob)
    if expression is None:
        return None
    return Pattern(re.compile(expression, re.DOTALL), negated, folders_only)


def _without_trailing_spaces(line: str) -> str:
    """The line without spaces at its end, unless a backslash keeps the last one."""
    bare = line.rstrip(" ")
    escapes = len(bare) - len(bare.rstrip("\\"))
    return bare + " " if escapes % 2 and bare != line else bare


# Patterns are texts, compiled on first use: most runs never need them.
_TOKEN = (
    r"(?P<any>(?:^|(?<=/))\*\*+/)"  # `**/`: any number of folders
    r"|(?P<rest>(?:^|(?<=/))\*\*+$)"  # `/**`: everything inside
    r"|(?P<stars>\*+)"
    r"|(?P<one>\?)"
    r"|\[(?P<not>[!^]?)(?P<set>\]?(?:\[:[a-z]+:\]|\\.|[^\]\\])*)\]"
    r"|\\(?P<escaped>.)"
    r"|(?P<plain>.)"
)
# POSIX classes that fnmatch in git knows (wildmatch.c); ASCII, as there.
_CLASSES = {
    "alnum": "a-zA-Z0-9",
    "alpha": "a-zA-Z",
    "blank": " \\t",
    "digit": "0-9",
    "lower": "a-z",
    "upper": "A-Z",
    "space": "\\s",
    "xdigit": "0-9a-fA-F",
    "punct": re.escape("!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~"),
}


def _expression(glob: str) -> str | None:
    """A regular expression for one glob, None for one that matches nothing.

    What stands between two wildcards is matched at the first place where it fits and never tried
    again (an atomic group): a later place could not help, and without this a hostile pattern
    takes exponential time. Two levels, because `**/` may skip folders where `*` may not.
    """
    if (len(glob) - len(glob.rstrip("\\"))) % 2:
        return None  # "A trailing backslash is an invalid pattern that never matches."
    chunks: list[list[str]] = [[""]]  # Split at `**/`, then at `*`.
    for token in re.finditer(_TOKEN, glob, re.DOTALL):
        kind = token.lastgroup
        if kind == "any":
            chunks.append([""])
        elif kind == "stars":
            chunks[-1].append("")
        elif kind == "rest":
            chunks[-1][-1] += ".+"
        elif kind == "one":
            chunks[-1][-1] += "[^/]"
        elif kind == "set":
            chunks[-1][-1] += _bracket(_members(token["set"]), negated=bool(token["not"]))
        else:
            chunks[-1][-1] += re.escape(token["escaped"] or token["plain"])
    first, *later = [_with_stars(segments) for segments in chunks]
    if not later:
        return first
    skipping = [f"(?>(?:.*?/)??{chunk})" for chunk in later[:-1] if chunk]
    return "".join((first, *skipping, "(?:.*/)?", later[-1]))


def _with_stars(segments: list[str]) -> str:
    """The pieces of a glob between its `*`, each atomic but the last."""
    first, *later = segments
    if not later:
        return first
    atomic = [f"(?>[^/]*?{segment})" for segment in later[:-1] if segment]
    return "".join((first, *atomic, "[^/]*", later[-1]))


def _bracket(members: str, *, negated: bool) -> str:
    if not members:
        return "[^/]" if negated else "(?!)"
    return f"(?!/)[{'^' if negated else ''}{members}]"


_MEMBER = r"\[:(?P<name>[a-z]+):\]|(?P<low>\\.|[^\\])(?:-(?P<high>\\.|[^\\]))?"


def _members(text: str) -> str:
    """The inside of a bracket expression, for Python.

    A range written backwards holds only its first character (wildmatch.c compares that first).
    """
    out = ""
    for member in re.finditer(_MEMBER, text, re.DOTALL):
        low, high = (member["low"] or "")[-1:], (member["high"] or "")[-1:]
        if member["name"]:
            out += _CLASSES.get(member["name"], "")
        else:
            out += re.escape(low)
            if low < high:
                out += f"-{re.escape(high)}"
    return out
