"""See job_sidecar_never_completes.md."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from fnmatch import fnmatchcase

from kguard.facts.pods import Container, Pod, Role
from kguard.model import Fault
from kguard.policies.jobs._deadline import words_of
from kguard.policy.context import Context
from kguard.quantity.images import ImageError, parse_image

# Programs that are daemons only with this word, by the last part of the image's name.
_ONLY_WITH: Mapping[str, str] = {"vault": "agent", "consul": "agent"}
# What ends such a daemon: its own options, requests and signals of the main container, and tools
# that do it for the main program.
_QUITS = re.compile(
    r"quitquitquit|/shutdown\b|exit-zero|exit-after-auth|pkill|killall|linkerd-await|scuttle"
    r"|envoy-preflight|--mode[ =]validate|\bkill\s|\bwait\b|\bwhile\b"
)
_NATIVE = (1, 29)


def check(pod: Pod, ctx: Context) -> Iterator[Fault]:
    """Yield a fault for a daemon that keeps the pod of a Job running."""
    apps = [container for container in pod.containers if container.role is Role.APP]
    daemons = [each for each in apps if _is_daemon(each, ctx.params["daemons"])]
    if len(daemons) == len(apps) or pod.shares_pids:
        return
    if any(_QUITS.search(words_of(container.data)) for container in apps):
        return
    native = ctx.assume.kube >= _NATIVE
    for daemon in daemons:
        yield daemon.fault(
            ("image",),
            f"{daemon.called} keeps the {pod.resource.kind}'s pod running when the work is done",
            help="an init container with `restartPolicy: Always` is ended with the others"
            if native
            else "the main container has to end it",
        )


def _is_daemon(container: Container, patterns: Sequence[str]) -> bool:
    text = container.get("image")
    try:
        image = parse_image(text) if isinstance(text, str) else None
    except ImageError:
        return False
    if image is None or not any(fnmatchcase(image.name, pattern) for pattern in patterns):
        return False
    only_with = _ONLY_WITH.get(image.repository.rpartition("/")[2])
    return only_with is None or only_with in words_of(container.data).split()
