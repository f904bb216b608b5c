"""What the policies on commands share: which containers Argo asks the registry about."""

from __future__ import annotations

from collections.abc import Iterator

from kguard.facts.argo.containers import MainContainer, main_containers, side_containers
from kguard.facts.argo.workflow import Workflow
from kguard.facts.quantities import is_placeholder
from kguard.facts.run import Facts


def looked_up(facts: Facts, workflow: Workflow) -> Iterator[MainContainer]:
    """The containers of which neither the object nor the controller's `images` say what they start.

    Argo starts main containers, members of a containerSet and sidecars itself. A script is written
    to a file that its command is given: another fault where it has none.
    """
    sides = (s for s in side_containers(facts, workflow) if s.route[-2] == "sidecars")
    for container in (*main_containers(facts, workflow), *sides):
        image = container.effective.get("image")
        if not isinstance(image, str) or is_placeholder(image) or container.route[-1] == "script":
            continue
        listed = workflow.config is not None and workflow.config.get("images", image) is not None
        if not container.effective.get("command") and not listed:
            yield container
