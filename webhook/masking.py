"""Keep what may be a secret out of messages: values of env, arguments and parameters.

Messages quote names, quantities and programs. Where such a quotation is text out of one of those
values, and not a name the object shows anyway, three asterisks stand in its place: an answer of
the webhook travels into logs, terminals and audit files that the author did not choose.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from kguard.shell.programs import HANDLERS, SCRIPTED, SHELLS, UTILITIES

HIDDEN = "***"

_LISTS = frozenset({"command", "args", "withItems"})
_VALUES = frozenset({"value", "default", "source", "expression", "withParam", "podSpecPatch"})
_PUBLIC = HANDLERS | SCRIPTED | SHELLS | UTILITIES | {"python", "npm", "yarn", "pnpm", "npx"}

_QUOTED = re.compile(r"`([^`]+)`")
_WORD = re.compile(r"[^\s=,;:'\"(){}\[\]|&<>/@]+")
_SHORTEST = 4
"""Anything shorter is no secret, and would hide numbers."""
_CONTAINED = 8
"""From this length on a word is hidden inside of a longer quotation, too."""


class Mask:
    """Hides what one object keeps; reads the object only when a message quotes something."""

    def __init__(self, data: Mapping[str, Any]) -> None:
        self._data = data
        self._words: frozenset[str] | None = None

    def __call__(self, text: str) -> str:
        """The text with quotations out of secret places replaced."""
        if "`" not in text:
            return text
        if self._words is None:
            secret, names = _collect(self._data)
            self._words = frozenset(secret - names - _PUBLIC)
        words = self._words
        return _QUOTED.sub(lambda found: _hidden(found, words), text) if words else text


def _hidden(found: re.Match[str], words: frozenset[str]) -> str:
    quoted = found[1]
    pieces = {quoted, *_WORD.findall(quoted)}
    if not pieces.isdisjoint(words) or any(
        len(word) >= _CONTAINED and word in quoted for word in words
    ):
        return f"`{HIDDEN}`"
    return found[0]


def _collect(data: Any) -> tuple[set[str], set[str]]:
    """The words in secret places, and the names that are shown in any case."""
    secret: set[str] = set()
    names: set[str] = set()
    pending: list[tuple[Any, bool]] = [(data, False)]
    while pending:
        node, hidden = pending.pop()
        if isinstance(node, Mapping):
            for key, value in node.items():
                if key == "name" and isinstance(value, str):
                    names.add(value)
                pending.append((value, hidden or key in _LISTS or key in _VALUES))
        elif isinstance(node, list):
            pending += ((item, hidden) for item in node)
        elif hidden and isinstance(node, str):
            secret.update(_words(node))
    return secret, names


def _words(text: str) -> Iterator[str]:
    if len(text) >= _SHORTEST:
        yield text
    yield from (word for word in _WORD.findall(text) if len(word) >= _SHORTEST)
