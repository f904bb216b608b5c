"""What containers are started with: the command and the arguments it is given.

Source: Kubernetes, "Define a Command and Arguments for a Container": `command` takes the place of
ENTRYPOINT and CMD, `args` that of CMD. A container that writes neither starts what the image says,
which is judged at its Dockerfile.
"""

from __future__ import annotations

from collections.abc import Iterator

from kguard.facts.pods import Container
from kguard.facts.run import Facts
from kguard.kube.dockercopy import Files
from kguard.kube.images import built_image, find_image, words
from kguard.model import Fault, Related, Resource, Route, Scope, Severity
from kguard.record import record


@record(eq=False)
class Command(Scope):
    """The command of a container, or what the image starts that a Dockerfile builds.

    `words` are the container's `command`, else the image's ENTRYPOINT as far as known; `arguments`
    its `args`, or CMD. `form` is how ENTRYPOINT is written (`exec`, `shell`, `broken`) and
    `arguments_form` how CMD is. `replaced`
    is the image's ENTRYPOINT where a `command` takes its place; `image_place` the instruction that
    says so. `files` are those that the Dockerfile brings along.
    """

    words: tuple[str, ...]
    arguments: tuple[str, ...]
    words_route: Route
    arguments_route: Route
    form: str = ""
    arguments_form: str = ""
    replaced: tuple[str, ...] = ()
    container: Container | None = None
    image_place: tuple[Related, ...] = ()
    files: Files | None = None

    @property
    def called(self) -> str:
        """How messages name what it starts."""
        return self.container.called if self.container else "the image"

    @property
    def is_own(self) -> bool:
        """Whether what is started is a script that the Dockerfile brings along."""
        started = self.files.get(self.words[0]) if self.files and self.words else None
        return started is not None

    def place(self, index: int) -> Route:
        """Where a word of `(*words, *arguments)` stands: an item of a list, or an instruction."""
        if self.container is None:
            return self.words_route if index < len(self.words) else self.arguments_route
        if index >= len(self.words):
            return (*self.arguments_route, index - len(self.words))
        return (*self.words_route, index) if self.words_route == ("command",) else self.words_route

    def found(self, keys: Route, message: str, *, severity: Severity | None, help: str) -> Fault:
        """A fault that also shows the image's ENTRYPOINT, where that is known."""
        return self.fault(keys, message, severity=severity, help=help, related=self.image_place)


def commands(facts: Facts, resource: Resource) -> Iterator[Command]:
    """The commands of a workload's or an Argo object's containers, or of a Dockerfile's image."""
    image = built_image(resource)
    if image is not None and (image.entrypoint or image.cmd):
        yield Command(
            resource,
            (),
            resource.data,
            words=image.entrypoint or (),
            arguments=image.cmd or (),
            words_route=image.entrypoint_route,
            arguments_route=image.cmd_route,
            form=image.entrypoint_form,
            arguments_form=image.cmd_form,
            files=image.files,
        )
    pod = facts.pod(resource)
    for each in [pod] if pod else facts.argo_pods(resource):
        for container in each.containers:
            found = _of_container(facts, container)
            if found is not None:
                yield found


def _of_container(facts: Facts, container: Container) -> Command | None:
    command = words(container.get("command")) or ()
    args = words(container.get("args")) or ()
    images = facts.assume.images
    # find_image would see it too; most runs have no map, and that saves 7 % of this fact's time.
    known = find_image(images, container.get("image")) if images else None
    built = known.built if known else None
    entrypoint = (known.entrypoint if known else None) or (built.entrypoint if built else None)
    if not command and not entrypoint:
        return None
    place: tuple[Related, ...] = ()
    if known and known.entrypoint is None and known.dockerfile and built and built.entrypoint:
        place = (Related(known.dockerfile, built.entrypoint_route, "the image's ENTRYPOINT"),)
    return Command(
        container.resource,
        container.route,
        container.data,
        words=command or entrypoint or (),
        arguments=args,
        words_route=("command",) if command else ("image",),
        arguments_route=("args",),
        replaced=(entrypoint or ()) if command else (),
        container=container,
        image_place=place,
        files=built.files if built else None,
    )
