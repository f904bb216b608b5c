"""The command's entry. `--version` is answered before anything else is imported."""

from __future__ import annotations

import sys


def main() -> int:
    """Run kguard on sys.argv; returns the exit code."""
    if sys.argv[1:] in (["--version"], ["-V"]):
        from kguard import __version__

        sys.stdout.write(f"kguard {__version__}\n")
        return 0
    from kguard.cli import run

    return run(sys.argv[1:])


if __name__ == "__main__":
    sys.exit(main())
