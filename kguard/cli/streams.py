"""Standard streams as they are found: closed, full, abandoned, of a poor encoding."""

from __future__ import annotations

import errno
import os
import sys
from typing import TextIO

from kguard.term import make_robust

_FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO})


def prepare() -> None:
    """Make both output streams usable: what was closed takes everything and shows nothing.

    Characters that a stream's encoding lacks are replaced; a word of help must not crash.
    """
    if sys.stdout is None:
        sys.stdout = _nowhere()
    if sys.stderr is None:
        sys.stderr = _nowhere()
    make_robust(sys.stdout)
    make_robust(sys.stderr)


def _nowhere() -> TextIO:
    # Open as long as the process lives, as the stream that it stands for would be.
    return open(os.devnull, "w", encoding="utf-8")


def abandon_stdout() -> None:
    """Send what is still to come nowhere, also what Python writes when it ends."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def is_full(error: OSError) -> bool:
    """Whether standard output could not take what was written, because a disk is full."""
    return error.filename is None and error.errno in _FULL
