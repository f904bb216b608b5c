"""Files below a folder without git: .gitignore files are honoured, hidden folders are left out."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator

from kguard.gitignore import Ignores, Tell, read_patterns, tell_nobody
from kguard.kube.woodpecker import WORKFLOWS


def ignores_in(root: str, folder: str, tell: Tell = tell_nobody) -> Ignores:
    """The patterns that apply in `folder`, a path relative to `root` ending in a slash, or empty.

    Those of the repository's `info/exclude`, of `root`, and of every folder down to this one; the
    user's own global ones are git's business.
    """
    rules = Ignores("", read_patterns(os.path.join(root, ".git", "info", "exclude"), tell))
    below = ""
    for part in ["", *folder.split("/")[:-1]]:
        below += f"{part}/" if part else ""
        rules = rules.enter(below, read_patterns(os.path.join(root, below, ".gitignore"), tell))
    return rules


def walk(
    root: str,
    folder: str = "",
    *,
    use_gitignore: bool = True,
    tell: Tell = tell_nobody,
    miss: Callable[[str, OSError], None] = lambda path, error: None,
) -> Iterator[str]:
    """Files below `folder` in no order, as paths relative to `root` with forward slashes.

    `folder` is relative to `root` too and ends in a slash unless it is empty; patterns above it
    apply inside it, though not to itself. Links to folders count as files and are not followed,
    so there are no loops. Hidden folders and repositories inside this one are left out. Raises
    OSError where `folder` itself cannot be listed; `miss` is told of folders below that cannot.
    """
    rules = ignores_in(root, folder, tell) if use_gitignore else None
    pending = [(folder, rules)]
    while pending:
        below, rules = pending.pop()
        try:
            with os.scandir(os.path.join(root, below)) as found:
                entries = list(found)
        except OSError as error:
            if below == folder:
                raise
            miss(os.path.join(root, below), error)
            continue
        if below != folder:
            names = {entry.name for entry in entries}
            if ".git" in names:
                continue
            if rules is not None and ".gitignore" in names:
                patterns = read_patterns(os.path.join(root, below, ".gitignore"), tell)
                rules = rules.enter(below, patterns)
        for entry in entries:
            path = below + entry.name
            is_folder = entry.is_dir(follow_symlinks=False)
            if is_folder and entry.name.startswith(".") and entry.name != WORKFLOWS:
                continue
            if rules is not None and rules.ignored(path, is_folder=is_folder):
                continue
            if is_folder:
                pending.append((path + "/", rules))
            else:
                yield path
