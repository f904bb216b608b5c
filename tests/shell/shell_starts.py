"""How tests start programs."""

from __future__ import annotations

from kguard.shell.analyse import analyse
from kguard.shell.verdict import Analysis, Shell, Verdict

D, SW, CUT, UNKNOWN = Verdict.DELIVERED, Verdict.SWALLOWED, Verdict.CUT, Verdict.UNKNOWN


def words_of(value: object) -> str | None:
    """A test's name: the words of an argument list, the usual one for anything else."""
    return " ".join(value) if isinstance(value, list) else None


def dash(*argv: str) -> Analysis:
    """The analysis where `sh` is dash."""
    return analyse(argv, shells=[Shell.DASH])


def in_dash(text: str) -> Analysis:
    """The analysis of a text run by dash."""
    return dash("sh", "-c", text)
