"""See image_init_bypassed.md."""

from __future__ import annotations

from collections.abc import Iterator

from kguard.facts.commands import Command
from kguard.facts.pods import Role
from kguard.model import Fault
from kguard.policy.context import NOTE, WARNING, Context
from kguard.shell.analyse import analyse
from kguard.shell.arguments import init_of
from kguard.shell.programs import Handling, handling
from kguard.shell.verdict import Verdict


def check(command: Command, ctx: Context) -> Iterator[Fault]:
    """Yield a fault for a `command` in the place of an ENTRYPOINT that starts an init."""
    container = command.container
    if container is None or not command.replaced:
        return
    if container.role not in (Role.APP, Role.SIDECAR):
        return
    pod, init = container.pod, init_of(command.replaced)
    if not init or init_of(command.words) or pod.shares_pids or pod.ends:
        return
    words = (*command.words, *command.arguments)
    if "{{" in words[0]:
        return
    analysis = analyse(words)
    handles = analysis.verdict is Verdict.DELIVERED and (
        handling(analysis.program) is Handling.HANDLES
    )
    yield command.found(
        ("command",),
        f"`command` of {command.called} takes the place of `{init}`, the image's init",
        severity=NOTE if handles else WARNING,
        help="what the init does is lost: signals with a default action, zombies; `args` keep it",
    )
