"""What the policies on missing requests and limits share: one finding per object."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from kguard.facts.argo.containers import MainContainer
from kguard.facts.argo.workflow import Workflow
from kguard.model import Fault, Related, Unknown
from kguard.policies.argo._unseen import unless_default
from kguard.policy.context import WARNING, Context

_HELP = "the scheduler and the autoscaler do not see what its pods need"
_SHOWN = 10


def lacking(
    workflow: Workflow, containers: Iterable[MainContainer], ctx: Context, *, defaults: bool
) -> Iterator[Fault | Unknown]:
    """Yield one fault for the containers that lack what `required` lists.

    `defaults` says whether the controller's configuration may fill it in.
    """
    found: list[tuple[MainContainer, str]] = []
    for container in containers:
        missing = [word for word in ctx.params["required"] if not _has(container, word)]
        if missing and container.unknown:
            yield ctx.unknown("a `podSpecPatch` is filled in later")
        elif missing:
            found.append((container, ", ".join(f"no {word}" for word in missing)))
    if not found:
        return
    (first, what), *others = found
    more = f"; {len(others)} more {'lacks' if len(others) == 1 else 'lack'} some" if others else ""
    options = {"severity": WARNING, "help": _HELP}
    yield first.fault(
        ("resources",),
        f"{first.called} has {what}{more}",
        related=[
            Related(each.resource, each.route, f"{text} here") for each, text in others[:_SHOWN]
        ],
        **(unless_default(workflow, ctx, WARNING, _HELP) if defaults else options),
    )


def _has(container: MainContainer, word: str) -> bool:
    resource, _, section = word.partition(" ")
    pod = container.effective
    return (pod.request(resource) if section == "request" else pod.limit(resource)) is not None
