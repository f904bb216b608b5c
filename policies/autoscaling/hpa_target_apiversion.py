"""See hpa_target_apiversion.md."""

from __future__ import annotations

from collections.abc import Iterator

from kguard.facts.scaletargets import SCALABLE, ScaleTarget
from kguard.model import Edit, Fault, Fix
from kguard.policy.context import Context


def check(target: ScaleTarget, ctx: Context) -> Iterator[Fault]:
    """Yield a fault for an API group in which the kind of the target does not exist."""
    group = SCALABLE.get(target.kind)
    if group is None or group == target.group or not target.dotless:
        return
    if target.group == "extensions" and ctx.assume.kube < (1, 16):
        return
    written = target.get("apiVersion")
    right = f"{group}/v1" if group else "v1"
    yield target.fault(
        ("apiVersion",),
        f"`apiVersion: {written}` has no {target.kind}"
        if written
        else f"{target.called} is named without its `apiVersion`",
        help=f"the autoscaler does not find its target and does nothing; write `{right}`",
        fix=Fix(
            (Edit(target.at("apiVersion"), right),),
            safe=False,
            title=f"set `apiVersion: {right}`",
        ),
    )
