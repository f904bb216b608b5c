"""See argo_ttl_legacy_field.md."""

from __future__ import annotations

from collections.abc import Iterator

from kguard.facts.argo.controller import argo_version
from kguard.facts.argo.workflow import Workflow
from kguard.model import REMOVE, Edit, Fault, Fix
from kguard.policies.argo._unseen import LEGACY_TTL
from kguard.policy.context import Context


def check(workflow: Workflow, ctx: Context) -> Iterator[Fault]:
    """Yield a fault for a TTL in the field that went with Argo 3.0."""
    seconds = workflow.get(LEGACY_TTL)
    version = argo_version(ctx.facts, workflow.resource)
    if seconds is None or (version is not None and version < (3, 0)):
        return
    yield workflow.fault(
        (LEGACY_TTL,),
        f"`{LEGACY_TTL}` is no field of Argo since 3.0: no workflow is deleted by it",
        help="`ttlStrategy.secondsAfterCompletion` took its place",
        fix=_moved(workflow, seconds),
        at_key=True,
    )


def _moved(workflow: Workflow, seconds: object) -> Fix | None:
    remove = Edit(workflow.at(LEGACY_TTL), REMOVE)
    if workflow.get("ttlStrategy") is not None:
        return Fix((remove,), safe=True, title=f"remove `{LEGACY_TTL}`")
    if type(seconds) is not int:
        return None
    edit = Edit(workflow.at("ttlStrategy", "secondsAfterCompletion"), seconds)
    return Fix(
        (edit, remove),
        safe=False,  # It deletes finished workflows.
        title=f"write it as `ttlStrategy.secondsAfterCompletion: {seconds}`",
    )
