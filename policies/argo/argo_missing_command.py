"""See argo_missing_command.md."""

from __future__ import annotations

from collections.abc import Iterator

from kguard.facts.argo.workflow import Workflow
from kguard.model import Fault, Related, Unknown
from kguard.policies.argo._commands import looked_up
from kguard.policies.argo._unseen import unless_default
from kguard.policy.context import WARNING, Context

_HELP = "the controller asks the registry for it: one more thing that can fail before a pod starts"
_SHOWN = 10


def check(workflow: Workflow, ctx: Context) -> Iterator[Fault | Unknown]:
    """Yield one fault per object for containers whose command the controller must look up."""
    found = list(looked_up(ctx.facts, workflow))
    if any(each.unknown for each in found):
        yield ctx.unknown("a `podSpecPatch` is filled in later")
        return
    if found:
        first, *others = found
        have = "has" if len(others) == 1 else "have"
        more = f", nor {have} {len(others)} more" if others else ""
        yield first.fault(
            ("command",),
            f"{first.called} has no `command`{more}",
            related=[Related(each.resource, each.route, "none here") for each in others[:_SHOWN]],
            **unless_default(workflow, ctx, WARNING, _HELP),
        )
