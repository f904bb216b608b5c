"""How a container's main process ends: what it is, and what SIGTERM does to it.

The argv comes from the manifest, or from the Dockerfile that builds the image where the run knows
it; the verdict on it from kguard.shell.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from kguard.facts.pods import Container
from kguard.facts.run import Facts
from kguard.facts.scripts import scripts_of
from kguard.facts.stopsignals import sent_signal, signal_of
from kguard.kube.dockerimage import Image
from kguard.kube.images import ImageFacts, built_image, find_image, known_shells, words
from kguard.model import Fault, Related, Resource, Route, Scope, Severity
from kguard.quantity._quote import quoted
from kguard.record import field, record
from kguard.shell.analyse import LIKELY, REMEMBERED, analyse
from kguard.shell.arguments import shell_text
from kguard.shell.verdict import Analysis, Cause, Shell
from kguard.shell.walk import Scripts
from kguard.shell.workers import Worker

_SHELL_SECONDS = 1e-5
"""For a character of a shell text, at most, on a machine that has other things to do."""


@record(eq=False)
class Process(Scope):
    """The main process of a container, or of the image a Dockerfile builds.

    `route` leads to the container (or is empty for a Dockerfile) and `place` from there to the
    words that decide. `shells` are the candidates for `/bin/sh`, None where the image is unknown.
    """

    argv: tuple[str, ...]
    analysis: Analysis
    shells: tuple[Shell, ...] | None
    place: Route
    container: Container | None = None
    judged_elsewhere: bool = False
    """Whether its signals are judged at the Dockerfile it comes from: one cause is said once."""
    related: tuple[Related, ...] = ()
    environment: Mapping[str, str] = field(default_factory=dict)
    """What the image is known to set."""
    scripts: Scripts | None = None
    """The script files it can be started with, as far as they are known."""
    more: bool = False
    """Whether it is likely to be given further arguments."""

    @property
    def called(self) -> str:
        """How messages name what it runs in."""
        return self.container.called if self.container else "the image"

    def setting(self, facts: Facts, name: str) -> str | None:
        """The value of a variable it is started with, empty where none is set; None: unknown."""
        if self.container is not None:
            from kguard.facts.environment import variable  # Late: few ask for it.

            found = variable(facts.index, self.container, name)
            if found is not None:
                return found.value
        return self.environment.get(name, "")

    @property
    def worker(self) -> Worker | None:
        """The queue worker that is the program, if it is one."""
        return self.analysis.worker

    @property
    def everywhere(self) -> bool:
        """Whether SIGTERM is lost whichever of the usual shells `/bin/sh` is."""
        return self.analysis.harmful and (not self.analysis.depends or self._likely().harmful)

    @property
    def somewhere(self) -> bool:
        """Whether SIGTERM is lost with some of the shells that `/bin/sh` may be."""
        return bool(self.analysis.losing)

    @property
    def losing(self) -> tuple[str, ...]:
        """The shells with which SIGTERM is lost, as people call them."""
        return tuple(shell.value for shell in self.analysis.losing)

    def _likely(self) -> Analysis:
        """The analysis for every usual shell, whatever is known of the image."""
        if self.shells is None:
            return self.analysis
        shared = self.container is not None and self.container.pod.shares_pids
        return analyse(
            self.argv,
            shells=LIKELY,
            shared_pid_namespace=shared,
            scripts=self.scripts,
            more=self.more,
        )

    def found(self, message: str, *, severity: Severity | None = None, help: str = "") -> Fault:
        """A fault at the words that decide; all signal policies use the same place."""
        if self.analysis.script_file:
            message = f"{message} (in {quoted(self.analysis.script_file)})"
        return self.fault(
            self.place,
            message,
            severity=severity,
            help=help,
            related=self.related,
            line=self._line(),
        )

    def _line(self) -> int:
        """The line of the program's command in the text that decides; 0 where it has but one."""
        offset, text = self.analysis.offset, self.get(*self.place) if self.place else None
        if offset is None or not isinstance(text, str) or "\n" not in text:
            return 0
        return text.count("\n", 0, offset) + 1

    @property
    def way_out(self) -> str:
        """The change that cures it, as far as one is known."""
        return self.analysis.cure


@record(eq=False)
class BuiltImage(Scope):
    """The image that the last stage of a Dockerfile builds."""

    image: Image


def images(facts: Facts, resource: Resource) -> Iterator[BuiltImage]:
    """The image a Dockerfile builds, if it has a stage."""
    image = built_image(resource)
    if image is not None:
        yield BuiltImage(resource, (), resource.data, image)


def processes(facts: Facts, resource: Resource) -> Iterator[Process]:
    """The main processes of a workload's containers that serve until they are stopped.

    Jobs and what else runs to completion have none: nobody waits for their SIGTERM. Neither have
    containers whose preStop hook may stop the program itself, and those that are sent another
    signal than SIGTERM: what becomes of that is not known.
    """
    pod = facts.pod(resource)
    if pod is None or pod.ends:
        return
    shared = pod.shares_pids
    for container in pod.running:
        if container.prestop_seconds is None:
            continue
        process = _of_container(facts, container, shared)
        if process is not None:
            yield process


def _of_container(facts: Facts, container: Container, shared: bool) -> Process | None:
    image = container.get("image")
    known = find_image(facts.assume.images, image)
    if sent_signal(container, known) != "TERM":
        return None
    command = words(container.get("command")) or ()
    args = words(container.get("args")) or ()
    argv = known.argv(command, args) if known else (command and (*command, *args))
    if not argv:
        return None
    length = sum(map(len, argv))
    if length > REMEMBERED:
        facts.go_on((length - REMEMBERED) * _SHELL_SECONDS)
    shells = known_shells(image, known)
    scripts = scripts_of(facts, container, known)
    # The image map may leave out what CMD says.
    more = known is not None and known.entrypoint is not None and not (command or args or known.cmd)
    analysis = analyse(argv, shells=shells, shared_pid_namespace=shared, scripts=scripts, more=more)
    return Process(
        container.resource,
        container.route,
        container.data,
        argv=argv,
        analysis=analysis,
        shells=shells,
        place=_place(analysis.script_index, argv, command, args),
        scripts=scripts,
        more=more,
        container=container,
        judged_elsewhere=not command
        and _is_built(known, argv, args)
        and _same_scripts(known, scripts, analysis.sought),
        related=() if command or known is None else _built_by(known),
        environment=known.built.environment if known and known.built else {},
    )


def _is_built(known: ImageFacts | None, argv: tuple[str, ...], args: tuple[str, ...]) -> bool:
    """Whether a Dockerfile that is reported on says what is started, whatever `args` add to it."""
    if known is None or known.dockerfile is None or known.dockerfile.context:
        return False
    text = shell_text(argv) if args else None
    return not args or (text is not None and len(text.ignored) >= len(args))


def _same_scripts(
    known: ImageFacts | None, scripts: Scripts | None, names: tuple[str, ...]
) -> bool:
    """Whether the scripts that were asked for are those of the image: a volume may hide one."""
    built = known.built if known else None
    if scripts is None or built is None:
        return True
    return all(scripts(name) == built.script(name) for name in names)


def _built_by(known: ImageFacts) -> tuple[Related, ...]:
    """The instruction that says what an image starts, where that is known from a Dockerfile."""
    built = known.built
    if known.dockerfile is None or built is None or known.entrypoint or known.cmd:
        return ()
    return (Related(known.dockerfile, _instruction(built), "what the image starts"),)


def _place(
    index: int | None, argv: tuple[str, ...], command: tuple[str, ...], args: tuple[str, ...]
) -> Route:
    """The words of a container that decide: the script where there is one, else its list."""
    before = len(argv) - len(command) - len(args)
    if index is not None and index >= before:
        index -= before
        return ("command", index) if index < len(command) else ("args", index - len(command))
    return ("command",) if command else ("args",) if args else ("image",)


def built_processes(facts: Facts, resource: Resource) -> Iterator[Process]:
    """The main process of the image a Dockerfile builds, where something starts it as it is.

    None where no container of the run that uses the image is judged by it: each has a command of
    its own, say, or ends by itself.
    """
    image = built_image(resource)
    argv = image.argv() if image else None
    if image is None or not argv or signal_of(image.stop_signal or "TERM") != "TERM":
        return
    users = list(_users(facts, resource))
    serving = [user for user in users if _serves_as_it_is(facts, user)]
    if users and not serving:
        return
    shells = known_shells("", ImageFacts(resource))
    more = image.entrypoint is not None and not image.cmd
    shared = bool(serving) and all(user.pod.shares_pids for user in serving)
    analysis = analyse(
        argv, shells=shells, shared_pid_namespace=shared, scripts=image.script, more=more
    )
    place, decides = _instruction(image), analysis.script_index
    if decides is not None and decides < len(image.entrypoint or ()):
        place = image.entrypoint_route
    yield Process(
        resource,
        (),
        resource.data,
        argv=argv,
        analysis=analysis,
        shells=shells,
        place=place,
        scripts=image.script,
        more=more,
        environment=image.environment,
        related=tuple(
            Related(user.resource, (*user.route, "image"), "runs this image") for user in serving
        ),
    )


def _instruction(image: Image) -> Route:
    """The instruction that decides: ENTRYPOINT where there is one in shell form, else CMD."""
    if image.entrypoint is None or (image.cmd and image.entrypoint_form == "exec"):
        return image.cmd_route
    return image.entrypoint_route


def _users(facts: Facts, dockerfile: Resource) -> Iterable[Container]:
    """The containers of the run whose image is mapped to this Dockerfile."""
    names = [name for name, known in facts.assume.images.items() if known.dockerfile is dockerfile]
    if not names:
        return
    for pod in facts.every_pod():
        for container in pod.containers:
            known = find_image(facts.assume.images, container.get("image"))
            if known is not None and known.dockerfile is dockerfile:
                yield container


def _serves_as_it_is(facts: Facts, container: Container) -> bool:
    """Whether what becomes of a container is said of the Dockerfile of its image."""
    processes = facts.processes(container.resource)
    return any(each.container is container and each.judged_elsewhere for each in processes)


__all__ = ["Cause", "Process", "built_processes", "processes"]
