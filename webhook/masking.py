"""Keep what may be a secret out of messages: values of env, arguments, parameters and scripts.

Messages quote names, quantities and programs. Where such a quotation stands in one of those values,
and nowhere the object shows it anyway, three asterisks take its place: an answer of the webhook
travels into logs, terminals and audit files that the author did not choose.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from kguard.shell.programs import HANDLERS, IGNORERS, SCRIPTED, SHELLS, UTILITIES
from kguard.shell.wrappers import WRAPPERS

HIDDEN = "***"


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_SECRET = _words("args body headers manifest plugin podSpecPatch raw source withItems withParam")
"""Fields whose texts are hidden, however deep they are."""

_NAMED = frozenset({"env", "parameters"})
"""Lists of names with values, of which the names are shown."""

_COMMAND = "command"
"""A list of words, of which the first, the program, is shown."""

_UNSEEN = frozenset({"annotations", "managedFields", "status"})
"""What no message quotes, and what can hold copies of everything else."""

_WORDS = _words(
    """
    activeDeadlineSeconds argo assume backoff burst completed container containers continueOn
    default dependencies depends drone Error Errored errored eval Failed failed given latest
    limit limits maxDuration maxSurge maxUnavailable minAvailable minReadySeconds nodes
    nodeStatusOffLoad none parallelism podGC podSpecPatch Recreate replicas requests
    resourceRateLimit resources retentionPolicy retryStrategy RollingUpdate
    secondsAfterCompletion secondsAfterFailure secondsAfterSuccess SIGTERM sizeLimit status
    strategy Succeeded task template templateDefaults templateRef time timeout ttlStrategy
    values wait workflow workflowDefaults workflowTemplateRef
    """
)
"""Words that policies themselves put into backticks."""

_PUBLIC = _WORDS | HANDLERS | IGNORERS | SCRIPTED | SHELLS | UTILITIES | WRAPPERS | {"python"}

# Quotations are cut with an ellipsis and escaped with a backslash (kguard.quantity).
_WORD = re.compile(r"[^\s.=,;:'\"`(){}\[\]|&<>/@\\…]+")
_NAME = re.compile(r"(?<=\[)[^\[\]]{4,}(?=\])")
_QUANTITY = re.compile(r"[0-9.]{1,12}[A-Za-z%]{0,2}")
_SHORTEST = 4
"""Anything shorter is no secret, and would hide numbers."""


class Mask:
    """Hides what one object keeps; reads the object only when a message quotes something."""

    def __init__(self, data: Mapping[str, Any]) -> None:
        self._data = data
        self._read = False
        self._secret = ""
        self._shown: frozenset[str] = frozenset()
        self._first = 1
        self._known: dict[str, bool] = {}

    def __call__(self, text: str) -> str:
        """The text with quotations out of secret places replaced."""
        parts = text.split("`")
        if len(parts) == 1:
            return text
        self._read_once()
        if self._secret:
            for place in range(self._first, len(parts), 1 + self._first):
                if self._hides(parts[place]):
                    parts[place] = HIDDEN
        return "`".join(parts)

    def route(self, text: str) -> str:
        """The place in an object with names out of secret places replaced."""
        self._read_once()
        return _NAME.sub(lambda name: HIDDEN if self._hides(name[0]) else name[0], text)

    def _read_once(self) -> None:
        if self._read:
            return
        self._read = True
        secret, shown = _collect(self._data)
        self._secret = "\n".join(secret)
        seen = "\n".join(shown)
        self._shown = frozenset((*shown, *_WORD.findall(seen)))
        # A name with a backtick in it swaps quotations with the text between them.
        self._first = 0 if "`" in seen else 1

    def _hides(self, quoted: str) -> bool:
        found = self._known.get(quoted)
        if found is None:
            found = not self._is_known(quoted) and any(
                word in self._secret
                for word in _WORD.findall(quoted)
                if len(word) >= _SHORTEST
                and not self._is_known(word)
                and not _QUANTITY.fullmatch(word)
            )
            self._known[quoted] = found
        return found

    def _is_known(self, text: str) -> bool:
        return text in self._shown or text in _PUBLIC


def _collect(data: Any) -> tuple[list[str], list[str]]:
    """The texts in secret places, and those (and keys) that the object shows in any case."""
    secret: list[str] = []
    shown: list[str] = []
    pending: list[tuple[Any, str, bool]] = [(data, "", False)]
    while pending:
        node, key, hidden = pending.pop()
        if isinstance(node, str):
            (secret if hidden or key == _COMMAND else shown).append(node)
        elif isinstance(node, dict):
            if not hidden:
                shown += node
                pending += ((v, k, k in _SECRET) for k, v in node.items() if k not in _UNSEEN)
            else:
                pending += ((v, k, k != "name" or key not in _NAMED) for k, v in node.items())
        elif isinstance(node, list):
            pending += ((each, key, hidden or key in _NAMED) for each in node)
            if key == _COMMAND and not hidden and node and _is_word(node[0]):
                shown.append(node[0])
        elif node is not None and not hidden:
            shown.append(str(node))
    return secret, shown


def _is_word(text: Any) -> bool:
    return isinstance(text, str) and _WORD.fullmatch(text.replace("/", "")) is not None
