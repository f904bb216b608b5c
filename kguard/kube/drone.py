"""Where things are in what Drone's Kubernetes runner reads: pipelines and its policy file.

Source: drone-runners/drone-runner-kube engine/resource/pipeline.go, engine/policy/policy.go. A
pipeline of another type, or of none, belongs to another runner.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from kguard.model import Resource, Route, dig

if TYPE_CHECKING:
    from kguard.source import SourceFile

GROUP = "drone.io"
"""The group under which Drone's documents stand in the index; they have no apiVersion."""

RUNNER = "drone-runner-kube"
"""What the image of the Kubernetes runner has in its name."""

PIPELINE = (GROUP, "pipeline")
POLICY = (GROUP, "policy")


def is_pipeline(resource: Resource) -> bool:
    """Whether this is a pipeline that the Kubernetes runner runs."""
    kind = (resource.group, resource.kind)
    return kind == PIPELINE and resource.data.get("type") == "kubernetes"


def steps(pipeline: Mapping[str, Any]) -> Iterator[tuple[Route, str, Mapping[str, Any]]]:
    """The services and steps of a pipeline, each with its route and what messages call it."""
    for key, role in (("services", "service"), ("steps", "step")):
        items = pipeline.get(key)
        for number, item in enumerate(items if isinstance(items, list) else ()):
            if isinstance(item, Mapping):
                yield (key, number), role, item


def amounts(owner: Mapping[str, Any], *sections: str) -> Iterator[tuple[Route, str, str, Any]]:
    """The cpu and memory amounts under `resources`: route below the owner, section, key, value.

    A null is left out, as the runner does.
    """
    for section in sections:
        for key in ("cpu", "memory"):
            value = dig(owner, "resources", section, key)
            if value is not None:
                yield ("resources", section, key), section, key, value


MAX_LINE = 65535
"""The longest line in bytes, its carriage return included, that the runner reads; measured."""


def lost(source: SourceFile) -> Mapping[int, int]:
    """The first document that Drone does not read in full and the line at which it stops reading.

    It reads lines until one begins with `...` or is too long for it, says nothing of either and
    takes what it has. Empty where it reads all. Source: drone/runner-go manifest/parse.go
    (ParseRaw: a bufio.Scanner whose error is not looked at).
    """
    text = source.text
    if "pipeline" not in text or not ("\n..." in text or text.startswith("...") or _long(text)):
        return {}
    for number, line in enumerate(text.split("\n"), 1):
        ends = line.startswith("...")
        if not ends and len(line.encode("utf-8", "replace")) + source.crlf <= MAX_LINE:
            continue
        behind = [each.index for each in source.documents if each.line > number]
        before = [each.index for each in source.documents if each.line <= number]
        found = behind[:1] if ends else before[-1:]
        return dict.fromkeys(found, number)
    return {}


def _long(text: str) -> bool:
    """Whether a line may be too long: no character takes more than four bytes."""
    if len(text) <= MAX_LINE // 4:
        return False
    return max(map(len, text.split("\n"))) > MAX_LINE // 4
