"""The Argo Workflows controller's Deployment, as manifests, Helm and people write it.

Sources: argo-workflows manifests/base/workflow-controller/workflow-controller-deployment.yaml;
argo-helm charts/argo-workflows/templates/controller/workflow-controller-deployment.yaml;
cmd/workflow-controller/main.go (leader election).
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from kguard import quantity
from kguard.facts.pods import Container
from kguard.facts.run import Facts
from kguard.facts.workloads import Workload
from kguard.index import Index
from kguard.model import Resource, Scope
from kguard.record import record

if TYPE_CHECKING:
    from kguard.facts.environment import Variable

_PROGRAM = "workflow-controller"


@record(eq=False)
class ArgoController(Scope):
    """The Deployment of a controller and the container that runs it. `data` is the Deployment."""

    workload: Workload
    container: Container

    @property
    def called(self) -> str:
        """How messages name it."""
        return f"controller `{self.resource.name}`" if self.resource.name else "the controller"

    @property
    def version(self) -> tuple[int, int] | None:
        """Major and minor of the image's tag; None for `latest`, a digest, a placeholder."""
        try:
            tag = quantity.parse_image(str(self.container.get("image"))).tag
        except quantity.ImageError:
            return None
        found = re.match(r"v?(\d+)\.(\d+)(?:\.|$)", tag) if tag else None
        return (int(found[1]), int(found[2])) if found else None

    def election_switch(self, index: Index) -> Variable | None:
        """LEADER_ELECTION_DISABLE, which turns leader election off by the exact text `true`."""
        from kguard.facts.environment import variable

        return variable(index, self.container, "LEADER_ELECTION_DISABLE")


def argo_controller(facts: Facts, resource: Resource) -> ArgoController | None:
    """The controller in a Deployment; None for any other, and for a patch without an image."""
    if (resource.group, resource.kind) != ("apps", "Deployment"):
        return None
    workload = facts.workload(resource)
    for container in workload.pod.running if workload else ():
        if workload and _runs_controller(container):
            return ArgoController(resource, (), resource.data, workload, container)
    return None


def _runs_controller(container: Container) -> bool:
    """Whether the program or the image is the controller.

    Arguments do not tell: the server too is given the name of the controller's ConfigMap.
    """
    image = container.get("image")
    if not isinstance(image, str) or not image:
        return False
    command = container.get("command") or container.get("args")
    program = command[0] if isinstance(command, list) and command else ""
    if isinstance(program, str) and program.rpartition("/")[2] == _PROGRAM:
        return True
    if _PROGRAM not in image:
        return False
    try:
        return quantity.parse_image(image).repository.rpartition("/")[2] == _PROGRAM
    except quantity.ImageError:
        return False


def argo_version(facts: Facts, near: Resource) -> tuple[int, int] | None:
    """The version of Argo around `near`: as the user says, else that of the unit's controller."""
    if facts.assume.argo is not None:
        return facts.assume.argo
    return facts.remember_unit(_version_of_unit, near)


def _version_of_unit(facts: Facts, near: Resource) -> tuple[int, int] | None:
    seen = {
        controller.version
        for item in facts.index.in_unit(near, "apps", "Deployment")
        if (controller := facts.remember(argo_controller, item)) is not None
    }
    return seen.pop() if len(seen) == 1 else None
