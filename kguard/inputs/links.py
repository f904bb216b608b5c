"""Symbolic links that lead to no file: what is said of them, named or met in a folder."""

from __future__ import annotations

import errno
import os
import stat

OUT = "a symbolic link that leads out of this tree"
FOLDER = "a symbolic link to a folder, which is not followed"


def fault(path: str) -> str:
    """Why a link leads to no file, empty where it does."""
    try:
        kind = os.stat(path).st_mode
    except FileNotFoundError:
        return "a symbolic link that leads nowhere"
    except OSError as error:
        if error.errno == errno.ELOOP:
            return "a symbolic link that leads back to itself"
        return f"a symbolic link that leads nowhere: {(error.strerror or str(error)).lower()}"
    if stat.S_ISDIR(kind):
        return FOLDER
    return "" if stat.S_ISREG(kind) else "a symbolic link to what is no file"


def fault_of_named(path: str) -> str:
    """Why a path that a user gave leads to no file because it is a link; empty where it is none."""
    return fault(path) if os.path.islink(path) else ""


def is_to_folder(path: str) -> bool:
    """Whether a path is a link to a folder."""
    return os.path.islink(path) and os.path.isdir(path)
