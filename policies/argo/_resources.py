"""What the policies on missing requests and limits share: one finding per object."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from kguard.facts.argo.containers import MainContainer
from kguard.facts.argo.workflow import Workflow
from kguard.model import Fault, Related, Unknown
from kguard.policies.argo._unseen import unless_default
from kguard.policy.context import WARNING, Context

_NO_REQUEST = "the scheduler and the autoscaler do not see what its pods need"
_NO_MEMORY_LIMIT = "without a limit one leak takes the memory of every pod on the node"
_NO_CPU_LIMIT = "without a limit its pods take all the CPU that is left on their nodes"
_SHOWN = 10


def lacking(
    workflow: Workflow, containers: Iterable[MainContainer], ctx: Context, *, defaults: bool
) -> Iterator[Fault | Unknown]:
    """Yield one fault for the containers that lack what `required` lists.

    `defaults` says whether the controller's configuration may fill it in.
    """
    found: list[tuple[MainContainer, str]] = []
    absent: set[str] = set()
    for container in containers:
        missing = [word for word in ctx.params["required"] if not _has(container, word)]
        if missing and container.unknown:
            yield ctx.unknown("a `podSpecPatch` is filled in later")
        elif missing:
            absent.update(missing)
            found.append((container, ", ".join(f"no {word}" for word in missing)))
    if not found:
        return
    (first, what), *others = found
    more = f"; {len(others)} more {'lacks' if len(others) == 1 else 'lack'} some" if others else ""
    help = _help(absent)
    options = {"severity": WARNING, "help": help}
    yield first.fault(
        ("resources",),
        f"{first.called} has {what}{more}",
        related=[
            Related(each.resource, each.route, f"{text} here") for each, text in others[:_SHOWN]
        ],
        **(unless_default(workflow, ctx, WARNING, help) if defaults else options),
    )


def _help(absent: set[str]) -> str:
    """What comes of it that these are missing: requests matter most."""
    if any(word.endswith(" request") for word in absent):
        return _NO_REQUEST
    return _NO_MEMORY_LIMIT if "memory limit" in absent else _NO_CPU_LIMIT


def _has(container: MainContainer, word: str) -> bool:
    resource, _, section = word.partition(" ")
    pod = container.effective
    return (pod.request(resource) if section == "request" else pod.limit(resource)) is not None
