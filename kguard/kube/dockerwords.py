"""The words of a Dockerfile's instruction, in either form."""

from __future__ import annotations

import json


def words_of(value: str) -> list[str]:
    """The words of a value in either form; none where it is a list of other things.

    What is no JSON is no list, as for Docker: a class of a pattern begins alike.
    """
    words = listed_words(value)
    return value.split() if words is None else words


def listed_words(value: str) -> list[str] | None:
    """The words of a JSON list, none of a list of other things; None for what is no list."""
    if not value.startswith("["):
        return None
    try:
        words = json.loads(value)
    except (ValueError, RecursionError):
        return None
    return words if all(isinstance(word, str) for word in words) else []


def is_pattern(source: str) -> bool:
    """Whether a source stands for all files whose names fit."""
    return any(sign in source for sign in "*?[")
