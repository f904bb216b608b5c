"""See argo_missing_command.md."""

from __future__ import annotations

from collections.abc import Iterator

from kguard.facts.argo import Workflow
from kguard.facts.argo_containers import MainContainer, main_containers, side_containers
from kguard.facts.pods import Role
from kguard.facts.quantities import is_placeholder
from kguard.model import Fault, Related, Unknown
from kguard.policies.argo._unseen import unless_default
from kguard.policy.context import WARNING, Context

_HELP = "the controller asks the registry for it: one more thing that can fail before a pod starts"
_SHOWN = 10


def check(workflow: Workflow, ctx: Context) -> Iterator[Fault | Unknown]:
    """Yield one fault per object for containers whose command the controller must look up."""
    containers = [
        *main_containers(ctx.facts, workflow),
        *(
            each
            for each in side_containers(ctx.facts, workflow)
            if each.effective.role is Role.SIDECAR
        ),
    ]
    found = [each for each in containers if _looked_up(each, workflow)]
    if any(each.unknown for each in found):
        yield ctx.unknown("a `podSpecPatch` is filled in later")
        return
    if found:
        first, *others = found
        more = f", nor have {len(others)} more" if others else ""
        yield first.fault(
            ("command",),
            f"{first.called} has no `command`{more}",
            related=[Related(each.resource, each.route, "none here") for each in others[:_SHOWN]],
            **unless_default(workflow, ctx, WARNING, _HELP),
        )


def _looked_up(container: MainContainer, workflow: Workflow) -> bool:
    """Whether neither the object nor the controller's `images` say what is started.

    A script is written to a file that its command is given: another fault where it has none.
    """
    image = container.effective.get("image")
    if not isinstance(image, str) or is_placeholder(image) or "script" in container.route[-1:]:
        return False
    listed = workflow.config is not None and workflow.config.get("images", image) is not None
    return not container.effective.get("command") and not listed
