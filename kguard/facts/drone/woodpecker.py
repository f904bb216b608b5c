"""Steps of Woodpecker's workflows, each of which its Kubernetes backend runs as a pod of its own.

Source: woodpecker-ci/woodpecker pipeline/backend/kubernetes/pod.go (podContainer,
resourceRequirements) and backend_options.go.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from kguard.facts.quantities import is_placeholder
from kguard.kube import woodpecker
from kguard.model import Resource, Scope
from kguard.quantity._quote import quoted
from kguard.record import record

RESOURCES = ("backend_options", "kubernetes", "resources")
"""Where a step writes what its pod requests and may use."""


@record(eq=False)
class WorkflowStep(Scope):
    """A step or service of a workflow: one pod."""

    called: str

    def amount(self, section: str, key: str) -> Any:
        """What it writes under `requests` or `limits`, None for nothing."""
        return self.get(*RESOURCES, section, key)

    @property
    def unknown(self) -> bool:
        """Whether its resources are filled in later."""
        return any(is_placeholder(self.get(*RESOURCES[: n + 1])) for n in range(len(RESOURCES)))


def workflow_steps(resource: Resource) -> Iterator[WorkflowStep]:
    """The steps and services of a workflow that have an image."""
    if (resource.group, resource.kind) != woodpecker.WORKFLOW:
        return
    for route, role, name, item in woodpecker.steps(resource.data):
        if item.get("image") is not None:
            called = f"{role} {quoted(name)}" if name else f"unnamed {role}"
            yield WorkflowStep(resource, route, item, called)
