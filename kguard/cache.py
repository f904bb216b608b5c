"""What is kept between runs in the user's cache: nothing that a run could not work out again."""

from __future__ import annotations

import os


def load(name: str) -> bytes | None:
    """What was stored under a name; None where nothing was, or where it cannot be read."""
    folder = _folder()
    if not folder:
        return None
    try:
        with open(os.path.join(folder, name), "rb") as file:
            return file.read()
    except OSError:
        return None


def store(name: str, data: bytes) -> None:
    """Keep `data` under a name. Where that is impossible, it costs the next run time, no more."""
    folder = _folder()
    if not folder:
        return
    path = os.path.join(folder, name)
    partial = f"{path}.{os.getpid()}"
    try:
        os.makedirs(folder, exist_ok=True)
        with open(partial, "wb") as file:
            file.write(data)
        os.replace(partial, path)  # Atomic: hooks run several kguards at once.
    except OSError:
        pass


def _folder() -> str:
    """KGUARD_CACHE_DIR, else `kguard` in the user's cache; empty where the user has no home.

    A user without a home is common in containers. `~` then stays as it is, and would become a
    folder of that name in the repository under check.
    """
    chosen = os.environ.get("KGUARD_CACHE_DIR")
    base = chosen or os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")
    return os.path.join(base, "kguard") if chosen or os.path.isabs(base) else ""
