"""See argo_podspecpatch_invalid.md."""

from __future__ import annotations

from collections.abc import Iterator

from kguard.facts.argo.patch_check import patch_faults
from kguard.facts.argo.patches import PodPatch
from kguard.model import Fault
from kguard.policy.context import ERROR, WARNING, Context

_HELP = "the pod cannot be created, and the step ends in Error"


def check(patch: PodPatch, ctx: Context) -> Iterator[Fault]:
    """Yield a fault for everything in a patch that Argo or the API server refuses."""
    for each in patch_faults(ctx.facts, patch):
        yield patch.fault(
            each.keys,
            each.message,
            severity=WARNING if each.ignored else ERROR,
            help=each.help or _HELP,
        )
