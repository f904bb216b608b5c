"""Path globs as .gitignore writes them, matched in linear time.

A pattern without a slash matches a name at any depth; one with a slash is anchored; `**` spans
folders; a pattern that matches a folder matches everything below it; a trailing slash asks for a
folder. There is no negation and no escape (`[*]` is a literal star). Matching never backtracks
over segments, so a hostile pattern cannot make a run slow.

Source of the rules: gitignore(5), https://git-scm.com/docs/gitignore#_pattern_format
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

Matcher = Callable[[str], bool]


def anchor(pattern: str, folder: str) -> str:
    """The pattern that means, seen from the root, what `pattern` means in `folder`.

    `folder` is relative to the root with forward slashes, empty for the root itself. Raises
    ValueError, with a cause for the user, for what is no usable pattern.
    """
    if pattern.startswith("!"):
        raise ValueError("a pattern cannot be negated here")
    segments = [segment for segment in pattern.split("/") if segment not in ("", ".")]
    if ".." in segments:
        raise ValueError("a pattern cannot leave the folder of its configuration with `..`")
    rooted = "/" in pattern.rstrip("/") or not segments
    body = "/".join(segments or ["**"])
    if pattern.endswith("/") and segments:
        body += "/"
    if not folder:
        return f"/{body}" if rooted else body
    literal = re.sub(r"[*?\[]", lambda match: f"[{match[0]}]", folder)
    return f"/{literal}/{body}" if rooted else f"/{literal}/**/{body}"


def compile_globs(patterns: Sequence[str]) -> Matcher:
    """A function that says whether a path (relative to the root, forward slashes) matches any."""
    tests = [_compile(pattern) for pattern in patterns]
    return lambda path: any(test(path) for test in tests)


def compile_words(patterns: Sequence[str]) -> Matcher:
    """The same for single words such as names and namespaces: `*`, `?` and `[...]` only."""
    tests = [_segment(pattern) for pattern in patterns]
    return lambda word: any(test(word) for test in tests)


def _segment(pattern: str) -> Callable[[str], object]:
    import fnmatch

    # Since Python 3.9 the translation uses lookaheads in place of backtracking stars.
    return re.compile(fnmatch.translate(pattern)).match


def _compile(pattern: str) -> Matcher:
    folder_only = pattern.endswith("/")
    body = pattern.strip("/")
    segments = body.split("/")
    if "/" not in pattern.rstrip("/"):
        segments = ["**", *segments]
    if segments[-1] == "**":
        segments[-1] = "*"  # `a/**` is all inside of `a`, never `a` itself.
    chunks: list[list[Callable[[str], object]]] = [[]]
    for segment in segments:
        if segment == "**":
            chunks.append([])
        else:
            chunks[-1].append(_segment(segment))
    head, rest = chunks[0], [chunk for chunk in chunks[1:] if chunk]

    def matches(path: str) -> bool:
        names = path.split("/")
        at = _at(head, names, 0)
        if at < 0:
            return False
        for chunk in rest:
            # The leftmost match leaves the most for what follows, so no other needs trying.
            at = next((end for i in range(at, len(names)) if (end := _at(chunk, names, i)) > 0), -1)
            if at < 0:
                return False
        return at < len(names) or not folder_only

    return matches if head or rest else lambda path: True


def _at(chunk: Sequence[Callable[[str], object]], names: Sequence[str], start: int) -> int:
    """Where the chunk ends if it matches the names from `start`, else -1."""
    end = start + len(chunk)
    if end > len(names):
        return -1
    if all(test(name) for test, name in zip(chunk, names[start:end], strict=True)):
        return end
    return -1
