"""What exceptions can speak of: one that names anything else would pass, and never hold."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from kguard.facts.scopes import EACH
from kguard.policy.registry import Registry
from kguard.webhook.registration import is_sent
from kguard.words import nearest, with_article

_NAMESPACE = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")
"""RFC 1123's label, as every namespace is named."""

_CLUSTER_SCOPED = frozenset({"ClusterWorkflowTemplate"})

_KEY, _QUOTED, _ITEM = r"[^.\[\]]+", r"\['(?:[^']|'(?!\]))*'\]", r"\[(?!')[^\[\]]+\]"
_PLACE = re.compile(rf"(?:{_KEY}|{_QUOTED})(?:\.{_KEY}|{_QUOTED}|{_ITEM})*")
"""How `named_route` writes. There is one way to read each text, so none takes long."""

_ROOT = re.compile(r"(?:apiVersion|binaryData|data|immutable|kind|metadata|spec|status)(?![^.\[])")
_NUMBERED = re.compile(r"\b(?:c|initC|ephemeralC)ontainers\[\d+\]")

_AS_FINDINGS = "findings name their place, as in spec.template.spec.containers[app].image"


class Subjects:
    """The kinds that policies judge in a cluster, and what is known of their objects."""

    def __init__(self, registry: Registry) -> None:
        judging = [each for each in registry.policies.values() if each.doors == "both"]
        known = {kind for each in judging for kind in EACH[each.each].kinds or ()}
        self._known = {kind for group, kind in known if is_sent(group, kind)}
        self._unsent = {kind for _, kind in known} - self._known
        """Documents that are no objects of a cluster, and kinds that only a repository explains."""
        self._judged = self._known.union(*(each.kinds for each in judging)) - self._unsent
        self._bound = all(EACH[each.each].kinds is not None or each.kinds for each in judging)
        """Whether no policy looks at whatever comes."""

    def faults(self, item: Mapping[str, Any]) -> Iterator[tuple[str, str, str]]:
        """Why an exception can never hold: the key that says so, a sentence, and the way out."""
        kind, namespace = item["kind"], item.get("namespace")
        if kind in self._unsent:
            yield "kind", f"the webhook is never shown {with_article(f'`{kind}`')}", ""
        elif self._bound and kind not in self._judged:
            hint = nearest(kind, self._judged)
            yield "kind", f"no policy judges {with_article(f'`{kind}`')}{hint}", ""
        elif kind in self._known:
            one = with_article(kind)
            if namespace is None and kind not in _CLUSTER_SCOPED:
                yield "kind", f"{one} is in a namespace: the exception lacks `namespace`", ""
            if namespace is not None and kind in _CLUSTER_SCOPED:
                yield "namespace", f"{one} is in no namespace", "leave `namespace` out"
        if namespace is not None and not _NAMESPACE.fullmatch(namespace):
            yield "namespace", f"no namespace can be called `{namespace}`", ""
        if (path := item.get("path")) is None:
            return
        if not _PLACE.fullmatch(path):
            yield "path", f"`{path}` is not how a place is written", _AS_FINDINGS
        elif kind in self._known and not _ROOT.match(path):
            yield "path", f"`{path}` does not begin at the object's root", _AS_FINDINGS
        elif _NUMBERED.search(path):
            yield "path", f"`{path}` counts containers, which have names", _AS_FINDINGS
