"""What the policies on Jobs that never end share."""

from __future__ import annotations

import re

from kguard.facts.pods import Pod, Role
from kguard.model import Route, dig

_TIMEOUT = re.compile(r"(?:^|[\s;&|/])timeout\s")


def job_route(pod: Pod) -> Route:
    """The route to the Job's spec that the pod's template stands in."""
    return pod.template.route[:-1]


def endless(pod: Pod) -> bool:
    """Whether nothing that is written ends a run that hangs.

    A deadline of the Job or of the pod does, and so does `timeout` in front of each command.
    """
    deadline = dig(pod.resource.data, *job_route(pod), "activeDeadlineSeconds")
    if pod.fragment or deadline is not None or pod.get("activeDeadlineSeconds") is not None:
        return False
    apps = [container for container in pod.containers if container.role is Role.APP]
    return not all(_TIMEOUT.search(words_of(container.data)) for container in apps)


def words_of(data: object) -> str:
    """The command and the arguments of a container as one text, to look for words in."""
    words: list[str] = []
    for key in ("command", "args"):
        value = dig(data, key)
        words += [str(word) for word in value] if isinstance(value, list) else []
    return " ".join(words)
