"""What git knows about a folder: its root, and which files are the project's.

git is the one program a check may start by itself. It is asked with everything switched off that
a repository's own configuration could use to run a program or to reach a network. Any trouble with
listing files only means that folders are walked instead.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable

from kguard.record import record

TIME_LIMIT = 30.0
"""Seconds git may take; listing a million files takes about two."""

# Command-line configuration wins over that of the repository (git-config(1)). ls-files runs no
# hook today and prints to no pager; saying so keeps it true with other versions of git.
_SETTINGS = (
    "core.fsmonitor=false",
    f"core.hooksPath={os.devnull}",
    "safe.bareRepository=explicit",
    "protocol.allow=never",
)
_LISTING = ("ls-files", "--cached", "--others", "-z")


class GitUnavailableError(Exception):
    """git could not list a folder; the text says why, in words for the user."""


@record
class GitAnswer:
    """How a run of git ended, and what it wrote."""

    code: int
    stdout: bytes
    stderr: bytes


def git_root(path: str) -> str | None:
    """The folder with `.git` that holds `path` (absolute, links resolved), None outside of one.

    Looks upwards without starting git, so that checking one file costs no process. `.git` is a
    file in worktrees and submodules (gitrepository-layout(5)).
    """
    folder = path if os.path.isdir(path) else os.path.dirname(path)
    while not os.path.exists(os.path.join(folder, ".git")):
        parent = os.path.dirname(folder)
        if parent == folder:
            return None
        folder = parent
    return folder


# dir.c, open_cached_dir: git warns, lists the rest and exits 0.
_UNLISTED = re.compile(rb"^warning: could not open directory '(.*)/': (.+)$", re.MULTILINE)


def list_files(
    folder: str,
    *,
    ignored: bool = False,
    time_limit: float = TIME_LIMIT,
    miss: Callable[[str, str], None] = lambda path, why: None,
) -> list[str]:
    """Tracked and untracked files below `folder`, relative to it; ignored ones only on request.

    The list is git's view: it names files that were deleted from the work tree, symbolic links,
    and submodules as if they were files. Another repository inside this one ends in a slash.
    `miss` is told of each folder git cannot open, relative to the root of the work tree, and why.
    Raises GitUnavailableError where git is missing, distrusts the folder, or is too slow.
    """
    patterns = [] if ignored else ["--exclude-standard"]
    done = run_git(folder, *_LISTING, *patterns, time_limit=time_limit)
    if done.code != 0:
        raise GitUnavailableError(reason(done.stderr))
    for path, why in _UNLISTED.findall(done.stderr):
        miss(os.fsdecode(path), why.decode("utf-8", "replace"))
    return [os.fsdecode(name) for name in done.stdout.split(b"\0") if name]


def run_git(
    folder: str, *words: str, stdin: bytes = b"", time_limit: float = TIME_LIMIT
) -> GitAnswer:
    """What git answers in a folder, whatever its exit code.

    `words` are to be a command that runs no hook and applies no filter, textconv or external diff:
    one that reads the index or the object store. Raises GitUnavailableError where git is missing
    or too slow.
    """
    import subprocess  # 8 ms that a check of named files does not pay.

    program = _program()
    if program is None:
        raise GitUnavailableError("git is not installed")
    settings = [word for setting in _SETTINGS for word in ("-c", setting)]
    try:
        done = subprocess.run(
            [program, "--no-pager", *settings, *words],
            cwd=folder,
            env=_environment(),
            input=stdin,
            capture_output=True,
            timeout=time_limit,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise GitUnavailableError(f"git took longer than {time_limit:g} s") from None
    except OSError as error:
        raise GitUnavailableError(f"git did not start: {error.strerror}") from None
    return GitAnswer(done.returncode, done.stdout, done.stderr)


def _program() -> str | None:
    """The git on the search path, from absolute entries only.

    Windows looks into the current folder first, and an empty or relative entry does the same
    elsewhere: a checked repository could bring its own `git`.
    """
    names = ("git.exe",) if os.name == "nt" else ("git",)
    for entry in os.get_exec_path():
        for name in names:
            program = os.path.join(entry, name)
            if os.path.isabs(entry) and os.path.isfile(program) and os.access(program, os.X_OK):
                return program
    return None


def _environment() -> dict[str, str]:
    """The environment for git: no locks, no questions, no network, untranslated messages.

    Variables that point git at another repository (hooks run with GIT_DIR and GIT_INDEX_FILE set)
    or make it write trace files are left out; the user's configuration is not, because it says
    which folders are safe.
    """
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith("GIT_") or name.startswith("GIT_CONFIG")
    }
    return kept | {
        "GIT_OPTIONAL_LOCKS": "0",
        "GIT_TERMINAL_PROMPT": "0",
        "GIT_NO_LAZY_FETCH": "1",
        "LC_ALL": "C",
    }


def reason(stderr: bytes) -> str:
    """Why git failed, in words for the user, from what it wrote to standard error."""
    message = stderr.decode("utf-8", "replace")
    if "dubious ownership" in message:
        return "git does not trust this folder, because somebody else owns it (safe.directory)"
    first = next((line for line in message.splitlines() if line.startswith("fatal:")), "")
    return f"git cannot list it: {first.removeprefix('fatal:').strip() or 'no reason given'}"
