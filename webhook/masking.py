"""Keep what may be a secret out of messages: values of env, arguments, parameters and scripts.

Messages quote names, quantities and programs. Where such a quotation stands in one of those values,
and nowhere the object shows it anyway, three asterisks take its place: an answer of the webhook
travels into logs, terminals and audit files that the author did not choose.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from kguard.model import Route, dig
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

_APART = _SECRET | _NAMED | _UNSEEN | {_COMMAND}
"""Fields in which, or in whose parts, something is not shown."""

_WORDS = _words(
    """
    1 86400 activeDeadlineSeconds Always archive archiveLogs archiveTTL argo
    ARGO_AGENT_MEMORY_LIMIT artifactGC assume backoff Berlin burst clone clusterIP commands
    completed config container containers containerSet continueOn controller create default
    default_mode DEFAULT_REQUEUE_TIME deleteDelayDuration dependencies depends depends_on disable
    drone duration emptyDir enabled Error Errored errored Europe eval executor expression External
    Failed failed failedPodRestart failurePolicy failureThreshold Forbid forceFinalizerRemoval
    from_secret given grpc hooks HPAScaleToZero httpGet Ignore imagePullPolicy instanceID
    kubernetes labelSelector latest LEADER_ELECTION_DISABLE limit limits linux maxDuration
    maxLimitRequestRatio maxSurge maxUnavailable medium memory minAvailable minReadySeconds
    minReplicaCount minReplicas name namespaceParallelism Never node_selector nodes
    nodeStatusOffLoad None none Object onExit OnFailure OnPodCompletion OnWorkflowCompletion os
    parallelism partition path persistence podFailurePolicy podGC pods podSpecPatch policy rbac
    readinessProbe Recreate Replace replicas requests resourceRateLimit resources restartPolicy
    retentionPolicy retryStrategy revisionHistoryLimit RollingUpdate runAsUser schedule schedules
    secondsAfterCompletion secondsAfterFailure secondsAfterSuccess SIGTERM sizeLimit
    startingDeadlineSeconds status stopSignal stopwaitsecs strategy Succeeded successThreshold
    task tcpSocket template templateDefaults templateRef time timeout timeZone timezone
    ttlSecondsAfterFinished ttlStrategy v1 v1beta1 valueFrom values volumeClaimGC wait when
    withItems withParam workflow workflowDefaults workflowTemplateRef writeConfigMaps
    """
)
"""Words that policies themselves put into backticks."""

_PUBLIC = _WORDS | HANDLERS | IGNORERS | SCRIPTED | SHELLS | UTILITIES | WRAPPERS | {"python"}

# Quotations are cut with an ellipsis and escaped with a backslash (kguard.quantity).
_WORD = re.compile(r"[^\s.=,;:'\"`(){}\[\]|&<>/@\\…]+")
_ESCAPE = re.compile(r"[\\…]")
_PATH = re.compile(r"[\w./+-]+")
_NAME = re.compile(r"(?<=\[)[^\[\]]{4,}(?=\])")
_UNIT = r"[%numkKMGTPEgBshdw]|[KMGTPE]i|[kKMGT]B|[num]s"
_QUANTITY = re.compile(rf"[0-9]{{1,5}}(?:{_UNIT})?|[0-9]{{1,3}}[eE][0-9]{{1,2}}")
"""Numbers that messages are about: ports, seconds, amounts. Longer ones may be secrets. What stands
on both sides of a decimal point are two words."""
_SHORTEST = 4
"""Anything shorter is no secret, and would hide numbers."""


class Mask:
    """Hides what one object keeps; reads the object only when a message quotes something of it."""

    def __init__(self, data: Mapping[str, Any], *, backticks: bool = True) -> None:
        """`backticks` is whether any text of the object may hold one."""
        self._data = data
        self._backticks = backticks
        self._ticked: str | None = None
        self._secret: str | None = None
        self._shown: list[str] = []
        self._words: frozenset[str] | None = None
        self._known: dict[str, bool] = {}

    def __call__(self, text: str, route: Route = ()) -> str:
        """The text with quotations out of secret places replaced.

        `route` leads to what it speaks of in this object: names on the way are known to be shown.
        """
        parts = text.split("`")
        if len(parts) == 1:
            return text
        torn = self._backticks and self._torn(parts)
        for place, part in enumerate(parts):
            if (torn or place % 2) and self._hides(part, route):
                parts[place] = HIDDEN
        return "`".join(parts)

    def place(self, text: str, route: Route = ()) -> str:
        """The place in an object with names out of secret places replaced."""
        # A route outside of them consists of keys and names that the object shows; quoted keys may
        # be none of its own.
        if "[" not in text or (route and _APART.isdisjoint(route) and "['" not in text):
            return text
        return _NAME.sub(lambda name: HIDDEN if self._hides(name[0], route) else name[0], text)

    def _torn(self, parts: list[str]) -> bool:
        """Whether a text with a backtick in it was quoted.

        It swaps quotations with what stands between them, to the end of the message.
        """
        if self._ticked is None:
            texts = (*self._read().split("\n"), *self._shown)
            self._ticked = "\n".join(text for text in texts if "`" in text)
        if not self._ticked:
            return False
        between = parts[::2]
        heads = (f"`{_ESCAPE.split(part, maxsplit=1)[0]}" for part in between[1:] if part)
        tails = (f"{_ESCAPE.split(part)[-1]}`" for part in between[:-1] if part)
        return len(parts) % 2 == 0 or any(each in self._ticked for each in (*heads, *tails))

    def _read(self) -> str:
        """All that is secret."""
        if self._secret is None:
            secret, self._shown = _collect(self._data)
            self._secret = "\n".join(secret)
        return self._secret

    def _hides(self, quoted: str, route: Route) -> bool:
        known = self._known.get(quoted)
        if known is None:
            if quoted in _PUBLIC or self._names(quoted, route):
                return False
            doubtful = [word for word in _WORD.findall(quoted) if _may_be_secret(word)]
            if not doubtful:
                return False
            doubtful = [word for word in doubtful if word in self._read()]
            known = self._known[quoted] = (
                bool(doubtful) and not self._shows(quoted) and not all(map(self._shows, doubtful))
            )
        return known

    def _names(self, text: str, route: Route) -> bool:
        """Whether a text is the object's name, or one on the way to a place out of secret ones."""
        node: Any = self._data
        if dig(node, "metadata", "name") == text:
            return True
        for key in route:
            if key in _APART:
                return False
            try:
                node = node[key]
            except (KeyError, IndexError, TypeError):  # What is missing is no name.
                return False
            if isinstance(node, dict) and node.get("name") == text:
                return True
        return False

    def _shows(self, text: str) -> bool:
        """Whether the object shows a text elsewhere; most objects are never asked."""
        if self._words is None:
            self._words = frozenset((*self._shown, *_WORD.findall("\n".join(self._shown))))
        return text in self._words


def _may_be_secret(word: str) -> bool:
    return len(word) >= _SHORTEST and word not in _PUBLIC and not _QUANTITY.fullmatch(word)


def _collect(data: Any) -> tuple[list[str], list[str]]:
    """The texts in secret places, and those (and keys) that the object shows in any case."""
    secret: list[str] = []
    shown: list[str] = []
    pending: list[tuple[Any, str, bool]] = [(data, "", False)]
    while pending:
        node, key, hidden = pending.pop()
        if isinstance(node, dict):
            if not hidden:
                shown += node
            for name, value in node.items():
                if hidden:
                    apart = name != "name" or key not in _NAMED
                elif name in _UNSEEN:
                    continue
                else:
                    apart = name in _SECRET
                if isinstance(value, str):  # Most are, and pushing them takes twice as long.
                    (secret if apart or name == _COMMAND else shown).append(value)
                else:
                    pending.append((value, name, apart))
        elif isinstance(node, list):
            hidden = hidden or key in _NAMED
            pending += ((each, key, hidden) for each in node)
            if key == _COMMAND and not hidden and node and _is_word(node[0]):
                shown.append(node[0])
        elif isinstance(node, str):
            (secret if hidden or key == _COMMAND else shown).append(node)
        elif node is not None:
            (secret if hidden else shown).append(str(node))
    return secret, shown


def _is_word(text: Any) -> bool:
    return isinstance(text, str) and _PATH.fullmatch(text) is not None
