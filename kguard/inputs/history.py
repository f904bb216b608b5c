"""The files of a commit, for comparing a checkout with what it began from.

Only the object store is read: `git diff` would run the filters and converters that a repository's
configuration names.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping

from kguard.inputs.git import GitAnswer, GitUnavailableError, reason, run_git
from kguard.record import record

_REGULAR = frozenset({b"100644", b"100755"})
"""Modes of files in a tree; links and submodules hold nothing to compare (git-fast-import(1))."""


class HistoryError(Exception):
    """A commit that cannot be compared with; the text says why and what to do."""


@record
class Commit:
    """The files of a commit: blob names by path from the root of the repository."""

    root: str
    name: str
    blobs: Mapping[str, str]

    def read(self, paths: Iterable[str]) -> dict[str, bytes]:
        """The contents of those of the paths that the commit has; raises HistoryError."""
        wanted = [path for path in paths if path in self.blobs]
        asked = "".join(f"{self.blobs[path]}\n" for path in wanted).encode()
        answer = _git(self.root, "cat-file", "--batch", stdin=asked)
        found, at = {}, 0
        for path in wanted:
            end = answer.stdout.find(b"\n", at)
            head = answer.stdout[at:end].split()
            if end < 0 or len(head) != 3 or head[1] != b"blob":
                raise HistoryError(
                    f"git lacks the content of `{path}` in {self.name[:12]}, as in a partial "
                    "clone: clone without --filter"
                )
            at = end + 1 + int(head[2])
            found[path] = answer.stdout[end + 1 : at]
            at += 1
        return found


def base_of(root: str, ref: str) -> Commit:
    """The commit where the work in the checkout at `root` parted from `ref`.

    That is their merge base, so what others have done on `ref` since is no change of this work;
    for a commit that HEAD comes from it is that commit. Raises HistoryError.
    """
    if not ref or ref.startswith("-") or not ref.isprintable():
        raise HistoryError(f"`{ref}` is no name of a commit")
    commit = _resolve(root, ref)
    if commit is None:
        raise HistoryError(_unknown(root, ref))
    head = _resolve(root, "HEAD")
    if head is None:
        raise HistoryError("nothing is committed here yet")
    answer = _git(root, "merge-base", commit, head)
    names = answer.stdout.decode("ascii", "replace").split()
    if answer.code != 0 or not names:
        text = f"`{ref}` and `HEAD` have no commit in common"
        raise HistoryError(f"{text}; {_DEEPEN}" if _is_shallow(root) else text)
    return Commit(root, names[0], _blobs(root, names[0]))


_DEEPEN = (
    "the clone is shallow: `git fetch --unshallow`, or in CI `fetch-depth: 0` for "
    "actions/checkout and `GIT_DEPTH: 0` for GitLab"
)


def _unknown(root: str, ref: str) -> str:
    text = f"git knows no commit `{ref}`"
    if _resolve(root, f"refs/remotes/origin/{ref}") is not None:
        return f"{text}; did you mean `origin/{ref}`?"
    branch = ref.removeprefix("refs/remotes/").removeprefix("origin/")
    if _is_shallow(root):
        return f"{text}; {_DEEPEN}"
    return f"{text}; fetch it first: `git fetch origin {branch}:refs/remotes/origin/{branch}`"


def _resolve(root: str, ref: str) -> str | None:
    answer = _git(root, "rev-parse", "--verify", "--quiet", f"{ref}^{{commit}}")
    return answer.stdout.decode("ascii", "replace").strip() if answer.code == 0 else None


def _is_shallow(root: str) -> bool:
    return _git(root, "rev-parse", "--is-shallow-repository").stdout.strip() == b"true"


def _blobs(root: str, commit: str) -> dict[str, str]:
    answer = _git(root, "ls-tree", "-r", "-z", "--full-tree", commit)
    if answer.code != 0:
        raise HistoryError(reason(answer.stderr))
    blobs = {}
    for entry in answer.stdout.split(b"\0"):
        head, _, path = entry.partition(b"\t")
        fields = head.split()  # Mode, type, name.
        if fields and fields[0] in _REGULAR:
            blobs[os.fsdecode(path)] = fields[-1].decode("ascii")
    return blobs


def _git(root: str, *words: str, stdin: bytes = b"") -> GitAnswer:
    try:
        answer = run_git(root, *words, stdin=stdin)
    except GitUnavailableError as error:
        raise HistoryError(str(error)) from None
    if b"dubious ownership" in answer.stderr:
        raise HistoryError(reason(answer.stderr))
    return answer
