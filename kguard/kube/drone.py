"""Where things are in what Drone's Kubernetes runner reads: pipelines and its policy file.

Source: drone-runners/drone-runner-kube engine/resource/pipeline.go, engine/policy/policy.go. A
pipeline of another type, or of none, belongs to another runner.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from kguard.model import Resource, Route, dig

GROUP = "drone.io"
"""The group under which Drone's documents stand in the index; they have no apiVersion."""

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
