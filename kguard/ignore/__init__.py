"""Ignores: findings that people have decided to live with, with a reason and a date.

`gather` finds them in comments, annotations and the configuration, `apply` hides what they cover
and reports those that are unused, expired or unexplained.
"""

from __future__ import annotations

from kguard.ignore.apply import Applied, Hidden, Verdicts, apply, utc_today
from kguard.ignore.gather import Ignores, Problem, from_annotations, gather
from kguard.ignore.grammar import Explained, GrammarError, explained, parse_date
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
