"""See argo_container_resources.md."""

from __future__ import annotations

from collections.abc import Iterator

from kguard.facts.argo import Workflow
from kguard.facts.argo_containers import MainContainer, main_containers
from kguard.model import Fault, Related, Unknown
from kguard.policies.argo._unseen import unless_default
from kguard.policy.context import WARNING, Context

_HELP = "the scheduler and the autoscaler do not see what its pods need"
_SHOWN = 10


def check(workflow: Workflow, ctx: Context) -> Iterator[Fault | Unknown]:
    """Yield one fault per object for main containers that lack requests or limits."""
    lacking: list[tuple[MainContainer, str]] = []
    for container in main_containers(ctx.facts, workflow):
        missing = [word for word in ctx.params["required"] if not _has(container, word)]
        if missing and container.unknown:
            yield ctx.unknown("a `podSpecPatch` is filled in later")
        elif missing:
            lacking.append((container, ", ".join(f"no {word}" for word in missing)))
    if not lacking:
        return
    (first, what), *others = lacking
    more = f"; {len(others)} more {'lacks' if len(others) == 1 else 'lack'} some" if others else ""
    yield first.fault(
        ("resources",),
        f"{first.called} has {what}{more}",
        related=[
            Related(each.resource, each.route, f"{text} here") for each, text in others[:_SHOWN]
        ],
        **unless_default(workflow, ctx, WARNING, _HELP),
    )


def _has(container: MainContainer, word: str) -> bool:
    resource, _, section = word.partition(" ")
    pod = container.effective
    return (pod.request(resource) if section == "request" else pod.limit(resource)) is not None
