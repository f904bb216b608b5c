"""Replace a file as a whole, or not at all."""

from __future__ import annotations

import contextlib
import errno
import os
import stat


def stray_link(path: str) -> str:
    """Where a link leads that something is to be written to, if nobody can have meant that.

    A repository under check can hold a link of the name that its pipeline writes to, and have it
    lead to any file of whoever runs the pipeline. So a link may lead to a place below its own
    folder or below the working directory; empty where it does, or `path` is no link. Links in /dev
    are the system's.
    """
    if not os.path.islink(path) or path.startswith("/dev/"):
        return ""
    target = os.path.realpath(path)
    allowed = (os.path.realpath(os.path.dirname(path) or "."), os.path.realpath("."))
    inside = (os.path.join(folder, "") for folder in allowed)
    return "" if target.startswith(tuple(inside)) else target


def write_atomically(path: str, data: bytes) -> None:
    """Write `data` to `path` so that a reader sees the old content or the new, never a part.

    A file that exists keeps its mode and, where that is allowed, its owner; a link is followed.
    One that is write-protected is not replaced, though its folder would allow that.
    What is no regular file (/dev/stdout, a pipe) is written to, not replaced: nothing else can be
    meant. Raises OSError and leaves the old file as it was.
    """
    try:
        existing = os.stat(path)
    except FileNotFoundError:
        existing = None
    if existing is not None and not stat.S_ISREG(existing.st_mode):
        with open(path, "wb") as file:
            file.write(data)
        return
    target = os.path.realpath(path)
    if existing is not None and not os.access(target, os.W_OK):
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), path)
    folder, name = os.path.split(target)
    # In a container every kguard may have the same process id, and one that is killed leaves this.
    partial = os.path.join(folder, f".{name}.{os.urandom(4).hex()}.partial")
    # "x": a file or link of that name which somebody else has put there is not written through.
    with open(partial, "xb") as file:
        try:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        except BaseException:
            os.unlink(partial)
            raise
    try:
        if existing is not None:
            with contextlib.suppress(OSError, AttributeError):
                os.chown(partial, existing.st_uid, existing.st_gid)
            os.chmod(partial, stat.S_IMODE(existing.st_mode))
        os.replace(partial, target)
    except BaseException:
        os.unlink(partial)
        raise
