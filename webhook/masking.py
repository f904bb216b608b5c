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
    1 86400 activeDeadlineSeconds Always argo assume backoff Berlin burst clusterIP completed
    container containers continueOn default dependencies depends drone emptyDir Error Errored
    errored Europe eval External Failed failed failureThreshold Forbid given grpc HPAScaleToZero
    httpGet imagePullPolicy labelSelector latest limit limits linux maxDuration maxSurge
    maxUnavailable minAvailable minReadySeconds minReplicaCount minReplicas name Never nodes
    nodeStatusOffLoad None none Object OnFailure OnPodCompletion os parallelism partition
    podFailurePolicy podGC podSpecPatch policy Recreate replicas requests resourceRateLimit
    resources restartPolicy retentionPolicy retryStrategy revisionHistoryLimit RollingUpdate
    runAsUser schedule secondsAfterCompletion secondsAfterFailure secondsAfterSuccess SIGTERM
    sizeLimit startingDeadlineSeconds status stopSignal stopwaitsecs strategy Succeeded
    successThreshold task tcpSocket template templateDefaults templateRef time timeout timeZone
    ttlSecondsAfterFinished ttlStrategy v1 v1beta1 values wait workflow workflowDefaults
    workflowTemplateRef
    """
)
"""Words that policies themselves put into backticks."""

_PUBLIC = _WORDS | HANDLERS | IGNORERS | SCRIPTED | SHELLS | UTILITIES | WRAPPERS | {"python"}

# Quotations are cut with an ellipsis and escaped with a backslash (kguard.quantity).
_WORD = re.compile(r"[^\s.=,;:'\"`(){}\[\]|&<>/@\\…]+")
_PATH = re.compile(r"[\w./+-]+")
_NAME = re.compile(r"(?<=\[)[^\[\]]{4,}(?=\])")
_QUANTITY = re.compile(r"[0-9.]{1,12}[A-Za-z%]{0,2}")
_SHORTEST = 4
"""Anything shorter is no secret, and would hide numbers."""


class Mask:
    """Hides what one object keeps; reads the object only when a message quotes something."""

    def __init__(self, data: Mapping[str, Any]) -> None:
        self._data = data
        self._secret: str | None = None
        self._shown: list[str] = []
        self._words: frozenset[str] | None = None
        self._first = 1
        self._known: dict[str, bool] = {}

    def __call__(self, text: str) -> str:
        """The text with quotations out of secret places replaced."""
        parts = text.split("`")
        if len(parts) == 1 or not self._read():
            return text
        for place in range(self._first, len(parts), 1 + self._first):
            if self._hides(parts[place]):
                parts[place] = HIDDEN
        return "`".join(parts)

    def route(self, text: str) -> str:
        """The place in an object with names out of secret places replaced."""
        if not self._read():
            return text
        return _NAME.sub(lambda name: HIDDEN if self._hides(name[0]) else name[0], text)

    def _read(self) -> str:
        """All that is secret."""
        if self._secret is None:
            secret, self._shown = _collect(self._data)
            self._secret = "\n".join(secret)
            # A name with a backtick in it swaps quotations with the text between them.
            self._first = 0 if "`" in "".join(self._shown) else 1
        return self._secret

    def _hides(self, quoted: str) -> bool:
        if quoted not in self._known:
            doubtful = [word for word in _WORD.findall(quoted) if self._may_be_secret(word)]
            self._known[quoted] = (
                bool(doubtful)
                and quoted not in _PUBLIC
                and not self._shows(quoted)
                and not all(map(self._shows, doubtful))
            )
        return self._known[quoted]

    def _may_be_secret(self, word: str) -> bool:
        return (
            len(word) >= _SHORTEST
            and word in self._read()
            and word not in _PUBLIC
            and not _QUANTITY.fullmatch(word)
        )

    def _shows(self, text: str) -> bool:
        """Whether the object shows a text elsewhere; most objects are never asked."""
        if self._words is None:
            self._words = frozenset((*self._shown, *_WORD.findall("\n".join(self._shown))))
        return text in self._words


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
            for name, value in node.items():
                if hidden:
                    pending.append((value, name, name != "name" or key not in _NAMED))
                elif name not in _UNSEEN:
                    pending.append((value, name, name in _SECRET))
        elif isinstance(node, list):
            pending += ((each, key, hidden or key in _NAMED) for each in node)
            if key == _COMMAND and not hidden and node and _is_word(node[0]):
                shown.append(node[0])
        elif node is not None and not hidden:
            shown.append(str(node))
    return secret, shown


def _is_word(text: Any) -> bool:
    return isinstance(text, str) and _PATH.fullmatch(text) is not None
