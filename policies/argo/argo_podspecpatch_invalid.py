"""See argo_podspecpatch_invalid.md."""

from __future__ import annotations

from collections.abc import Iterator

from kguard.facts.argo.patch_check import patch_faults
from kguard.facts.argo.patches import PodPatch
from kguard.model import Fault
from kguard.policy.context import ERROR, WARNING, Context

_HELP = "the pod cannot be created, and the step ends in Error"

_CALLED = "write it in the templates that it calls, or in the workflow for all of them"


def check(patch: PodPatch, ctx: Context) -> Iterator[Fault]:
    """Yield a fault for all in a patch that Argo or the API server refuses or passes over."""
    template = patch.template
    if template is not None and template.kind and not template.runs_pod:
        yield patch.fault(
            (),
            f"{template.called} has `{template.kind}` and makes no pod that could be patched",
            severity=WARNING,
            help=_CALLED if template.kind in ("steps", "dag") else "leave it out",
        )
        return
    for each in patch_faults(ctx.facts, patch):
        yield patch.fault(
            each.keys,
            each.message,
            severity=WARNING if each.ignored else ERROR,
            help=each.help or _HELP,
        )
