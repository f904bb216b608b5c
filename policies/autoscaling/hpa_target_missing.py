"""See hpa_target_missing.md."""

from __future__ import annotations

from collections.abc import Iterator

from kguard.facts.scaletargets import ScaleTarget
from kguard.model import Fault, Unknown
from kguard.policy.context import Context


def check(target: ScaleTarget, ctx: Context) -> Iterator[Fault | Unknown]:
    """Yield a fault for an autoscaler of a workload that does not exist."""
    if not target.built_in or target.found:
        return
    if target.doubtful:
        yield ctx.unknown(target.doubtful)
        return
    where = target.resource.namespace
    yield target.fault(
        ("name",),
        f"{target.called} does not exist" + (f" in namespace `{where}`" if where else ""),
        help=f"{target.resource.kind} `{target.resource.name}` scales nothing",
    )
