"""The command's entry. `--version` is answered before anything else is imported."""

from __future__ import annotations

import os
import sys


def main() -> int:
    """Run kguard on sys.argv; returns the exit code."""
    if sys.argv[1:] in (["--version"], ["-V"]):
        from kguard import __version__

        sys.stdout.write(f"kguard {__version__}\n")
        return 0
    from kguard.cli import run

    return run(sys.argv[1:])


def leave_working_directory() -> None:
    """Take the working directory off the import path, unless kguard itself lives there.

    `python -m` puts it first, and there the repository under check may hold a `yaml.py`.
    """
    if sys.path and os.path.dirname(os.path.dirname(__file__)) != sys.path[0]:
        del sys.path[0]


if __name__ == "__main__":
    if not sys.flags.safe_path:
        leave_working_directory()
    sys.exit(main())
