"""The objects in triggers of Argo Events' Sensors, which make them when something happens.

Source: argo-events pkg/sensors: triggers/argo-workflow/argo-workflow.go and triggers/standard-k8s/
standard-k8s.go (Execute: the operations, and those that are meant where none is written),
triggers/params.go (ApplyTemplateParameters, ApplyParams), artifacts/store.go (GetArtifactReader).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from kguard.kube import argo
from kguard.model import Resource, Route, dig

_MAKING = {"argoWorkflow": "submit", "k8s": "create"}
"""The triggers that make whole objects, each with the operation that does, and is the default."""

_CHANGING = ("-p", "-f", "--parameter", "--entrypoint", "--service")
"""How options of `argo submit` begin that change what is submitted (argo cli, submit.go)."""

_EVENT = "${event}"
"""Stands where an event fills something in: a value that nobody knows."""

_DOT = re.compile(r"(?<!\\)\.")


def triggered(resource: Resource) -> Iterator[tuple[Route, Mapping[str, Any]]]:
    """The objects that a Sensor makes of what is written in it, each with the route to it.

    What `parameters` replace is a placeholder. Left out is what stands elsewhere (a URL, a
    ConfigMap, a repository), and what is changed in a way that cannot be told.
    """
    if (resource.group, resource.kind) != argo.SENSOR:
        return
    triggers = dig(resource.data, "spec", "triggers")
    for number, trigger in enumerate(triggers if isinstance(triggers, list) else ()):
        for key, operation in _MAKING.items():
            template = dig(trigger, "template", key)
            source = dig(template, "source")
            if not isinstance(source, dict) or list(source) != ["resource"]:
                continue
            meant = (dig(template, "operation") or operation) == operation
            # Parameters of the trigger itself may replace any part of it.
            if not meant or dig(trigger, "parameters") or _is_changed(dig(template, "args")):
                continue
            made = _filled(source["resource"], dig(template, "parameters") or [])
            if made is not None:
                yield ("spec", "triggers", number, "template", key, "source", "resource"), made


def _is_changed(options: Any) -> bool:
    words = options if isinstance(options, list) else []
    return any(str(word).startswith(_CHANGING) for word in words)


def _filled(data: Any, parameters: Any) -> Mapping[str, Any] | None:
    """An object with placeholders where parameters go; None where one goes nowhere that is there.

    What one goes into is copied once, however many go into the same.
    """
    if not isinstance(data, dict) or not isinstance(parameters, list):
        return None
    whole = dict(data)
    copies = {id(whole)}
    for parameter in parameters:
        goal = dig(parameter, "dest")
        if not isinstance(goal, str) or not goal:
            return None
        *way, last = (re.sub(r"\\(.)", r"\1", word) for word in _DOT.split(goal))
        inside: Any = whole
        for word in way:
            key = _key(inside, word)
            below = dig(inside, key)
            if key == -1 or not isinstance(below, dict | list):
                return None
            if id(below) not in copies:
                below = inside[key] = below.copy()
                copies.add(id(below))
            inside = below
        key = _key(inside, last)
        if isinstance(inside, list) and key in (-1, len(inside)):
            inside.append(_EVENT)
        elif isinstance(inside, dict) or (isinstance(key, int) and 0 <= key < len(inside)):
            inside[key] = _EVENT
        else:
            return None
    return whole


def _key(inside: Any, word: str) -> str | int:
    """A word of a path as a key of what it leads into: in lists numbers, -1 behind the last."""
    if isinstance(inside, list) and re.fullmatch(r"-1|[0-9]{1,9}", word, re.ASCII):
        return int(word)
    return word
