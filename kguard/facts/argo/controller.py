"""The Deployments of Argo's controller and server, as manifests, Helm and people write them.

Sources: argo-workflows manifests/base/workflow-controller/workflow-controller-deployment.yaml;
argo-helm charts/argo-workflows/templates/controller/workflow-controller-deployment.yaml;
cmd/workflow-controller/main.go (leader election, options); cmd/argo/commands/server.go.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from kguard import quantity
from kguard.facts.pods import Container
from kguard.facts.run import Facts
from kguard.facts.workloads import Workload
from kguard.index import Index
from kguard.model import Resource, Route, Scope
from kguard.record import record

if TYPE_CHECKING:
    from kguard.facts.environment import Variable

_CONTROLLER = "workflow-controller"
_DEPLOYMENT = ("apps", "Deployment")
# The server is a command of the client (cmd/argo/commands/server.go), in an image of either name.
_SERVER_IMAGES = frozenset({"argocli", "argo-server"})


@record(eq=False)
class ArgoProgram(Scope):
    """The Deployment of one of Argo's programs and its container. `data` is the Deployment."""

    workload: Workload
    container: Container

    @property
    def version(self) -> tuple[int, int] | None:
        """Major and minor of the image's tag; None for `latest`, a digest, a placeholder."""
        try:
            tag = quantity.parse_image(str(self.container.get("image"))).tag
        except quantity.ImageError:
            return None
        found = re.match(r"v?(\d+)\.(\d+)(?:\.|$)", tag) if tag else None
        return (int(found[1]), int(found[2])) if found else None

    def variable(self, index: Index, name: str) -> Variable | None:
        """A variable of its environment, None where it is certainly not set."""
        from kguard.facts.environment import variable

        return variable(index, self.container, name)

    def flag(self, name: str) -> Flag | None:
        """The value of `--name VALUE` or `--name=VALUE`; of several, the last counts (pflag)."""
        found = None
        for key in ("command", "args"):
            words = self.container.get(key)
            for number, word in enumerate(words if isinstance(words, list) else ()):
                if word == f"--{name}" and number + 1 < len(words):
                    found = Flag(str(words[number + 1]), (key, number + 1))
                elif isinstance(word, str) and word.startswith(f"--{name}="):
                    found = Flag(word.partition("=")[2], (key, number))
        return found


@record
class Flag:
    """The value of a command line option, and where it stands below the container."""

    value: str
    route: Route


@record(eq=False)
class ArgoController(ArgoProgram):
    """The Deployment of a workflow controller."""

    @property
    def called(self) -> str:
        """How messages name it."""
        return f"controller `{self.resource.name}`" if self.resource.name else "the controller"

    def election_switch(self, index: Index) -> Variable | None:
        """LEADER_ELECTION_DISABLE, which turns leader election off by the exact text `true`."""
        return self.variable(index, "LEADER_ELECTION_DISABLE")

    def elects(self, index: Index) -> bool | None:
        """Whether leader election is on; None where the environment is not seen in full."""
        switch = self.election_switch(index)
        if switch is None:
            return True
        return None if switch.value is None else switch.value != "true"


@record(eq=False)
class ArgoServer(ArgoProgram):
    """The Deployment of an Argo server: API and user interface."""

    @property
    def called(self) -> str:
        """How messages name it."""
        return f"Argo server `{self.resource.name}`" if self.resource.name else "the Argo server"


def argo_controller(facts: Facts, resource: Resource) -> ArgoController | None:
    """The controller in a Deployment; None for any other, and for a patch without an image."""
    container = next(filter(_runs_controller, _containers(facts, resource)), None)
    workload = facts.workload(resource) if container else None
    if container is None or workload is None:
        return None
    return ArgoController(resource, (), resource.data, workload, container)


def argo_server(facts: Facts, resource: Resource) -> ArgoServer | None:
    """The Argo server in a Deployment; None for any other."""
    workload = facts.workload(resource)
    for container in _containers(facts, resource):
        written = (container.get("command"), container.get("args"))
        told = any("server" in words for words in written if isinstance(words, list))
        if workload and told and _repository(container) in _SERVER_IMAGES:
            return ArgoServer(resource, (), resource.data, workload, container)
    return None


def _containers(facts: Facts, resource: Resource) -> list[Container]:
    """The containers of a Deployment that name an image."""
    pod = facts.pod(resource) if (resource.group, resource.kind) == _DEPLOYMENT else None
    named = ((each, each.get("image")) for each in (pod.running if pod else ()))
    return [each for each, image in named if image and isinstance(image, str)]


def _runs_controller(container: Container) -> bool:
    """Whether the program or the image is the controller.

    Arguments do not tell: the server too is given the name of the controller's ConfigMap.
    """
    command = container.get("command") or container.get("args")
    program = command[0] if isinstance(command, list) and command else ""
    if isinstance(program, str) and program.rpartition("/")[2] == _CONTROLLER:
        return True
    return _CONTROLLER in container.get("image") and _repository(container) == _CONTROLLER


def _repository(container: Container) -> str:
    """The last part of the image's repository; empty for what is no image reference."""
    try:
        return quantity.parse_image(container.get("image")).repository.rpartition("/")[2]
    except quantity.ImageError:
        return ""


def argo_version(facts: Facts, near: Resource) -> tuple[int, int] | None:
    """The version of Argo around `near`: as the user says, else that of the unit's controller."""
    if facts.assume.argo is not None:
        return facts.assume.argo
    return facts.remember_unit(_version_of_unit, near)


def version_text(version: tuple[int, int]) -> str:
    """A version as messages write it: `3.6`."""
    return f"{version[0]}.{version[1]}"


def _version_of_unit(facts: Facts, near: Resource) -> tuple[int, int] | None:
    seen = {
        controller.version
        for item in facts.index.in_unit(near, "apps", "Deployment")
        if (controller := facts.remember(argo_controller, item)) is not None
    }
    return seen.pop() if len(seen) == 1 else None


def max_workflow_size(facts: Facts, near: Resource) -> int | None:
    """MAX_WORKFLOW_SIZE of the controller in the unit of `near`; None where it sets none."""
    return facts.remember_unit(_size_of_unit, near)


def _size_of_unit(facts: Facts, near: Resource) -> int | None:
    for item in facts.index.in_unit(near, "apps", "Deployment"):
        controller = facts.remember(argo_controller, item)
        found = controller.variable(facts.index, "MAX_WORKFLOW_SIZE") if controller else None
        text = found.value if found is not None else None
        # strconv.Atoi; what it cannot read leaves the default in force.
        if text and text.isascii() and text.isdigit() and len(text) < 10:
            return int(text)
    return None
