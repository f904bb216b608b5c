"""What a name was likely meant to be, for so many names of an object that it stays cheap.

Likeness is measured against every choice: an object of a megabyte that is wrong everywhere would
take minutes, and nobody reads a thousand suggestions.
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import islice

from kguard.facts.run import Facts
from kguard.model import Resource
from kguard.words import nearest

_MOST = 50
_MOST_CHOICES = 500


class _Budget:
    """How many suggestions an object may still ask for."""

    def __init__(self) -> None:
        self.left = _MOST


def _budget(facts: Facts, resource: Resource) -> _Budget:
    return _Budget()


def suggestion(facts: Facts, resource: Resource, word: object, choices: Iterable[str]) -> str:
    """`; did you mean ...?`, empty where nothing is close or the object has had its share."""
    budget = facts.remember(_budget, resource)
    if budget.left <= 0:
        return ""
    known = list(islice(choices, _MOST_CHOICES + 1))
    if len(known) > _MOST_CHOICES:
        return ""
    budget.left -= 1
    return nearest(word, known)
