"""Ignores: findings that people have decided to live with, with a reason and a date.

`gather` finds them in comments, annotations and the configuration, `apply` hides what they cover
and reports those that are unused, expired or unexplained. The names are loaded when they are first
used: most runs have no ignore to read.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from kguard.ignore.find import Ignores, Problem, from_annotations, gather
    from kguard.ignore.grammar import Explained, GrammarError, explained, parse_date
    from kguard.ignore.hide import Applied, Hidden, Verdicts, apply, utc_today
    from kguard.ignore.model import Ignore, IgnoreEntry, Written

__all__ = [
    "Applied",
    "Explained",
    "GrammarError",
    "Hidden",
    "Ignore",
    "IgnoreEntry",
    "Ignores",
    "Problem",
    "Verdicts",
    "Written",
    "apply",
    "explained",
    "from_annotations",
    "gather",
    "parse_date",
    "utc_today",
]

_MODULES = {
    "find": ("Ignores", "Problem", "from_annotations", "gather"),
    "grammar": ("Explained", "GrammarError", "explained", "parse_date"),
    "hide": ("Applied", "Hidden", "Verdicts", "apply", "utc_today"),
    "model": ("Ignore", "IgnoreEntry", "Written"),
}
_HOME = {name: module for module, names in _MODULES.items() for name in names}


def __getattr__(name: str) -> Any:
    """Load the module that defines `name`, once (PEP 562)."""
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    value = getattr(import_module(f"{__name__}.{_HOME[name]}"), name)
    globals()[name] = value
    return value
