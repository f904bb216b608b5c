"""See init_requires_pid1.md."""

from __future__ import annotations

from collections.abc import Iterator

from kguard.facts.commands import Command
from kguard.model import Fault, Related
from kguard.policy.context import Context

_INIT = "/init"


def check(command: Command, ctx: Context) -> Iterator[Fault]:
    """Yield a fault for s6-overlay in a pod whose containers have no PID 1 of their own."""
    container = command.container
    if container is None or command.words[:1] != (_INIT,) or command.is_own:
        return
    pod = container.pod
    key = "hostPID" if pod.get("hostPID") is True else "shareProcessNamespace"
    if not pod.shares_pids:
        return
    yield pod.fault(
        (key,),
        f"`{_INIT}` of {container.called} is not PID 1 with `{key}`",
        help="s6-overlay 3 refuses to start then; version 2 stops every process it sees",
        related=[
            *command.image_place,
            Related(container.resource, container.at(*command.words_route), "starts it"),
        ],
    )
