"""See argo_short_steps_separate_pods.md."""

from __future__ import annotations

import json
from collections.abc import Iterator
from itertools import groupby

from kguard.facts.argo.chains import chains
from kguard.facts.argo.templates import Call, Template, target_of
from kguard.model import Fault
from kguard.policy.context import Context

_ALONE = ("sidecars", "memoize", "synchronization", "daemon", "outputs")
_CONDITIONS = ("when", "onExit", "hooks", "continueOn")
_LEFT_BY_OTHERS = ("steps.", "steps[", "tasks.", "tasks[")


def check(template: Template, ctx: Context) -> Iterator[Fault]:
    """Yield a fault for a chain of like pods that could be one."""
    least = ctx.params["min_steps"]
    for chain in chains(ctx.facts, template):
        for like, group in groupby(chain, key=lambda call: _like(call, ctx)):
            calls = list(group)
            if like is not None and len(calls) >= least:
                yield calls[0].fault(
                    (),
                    f"{len(calls)} steps from {calls[0].called} on run one after the other, each "
                    "in a pod of its own with the same image",
                    help="each takes half a minute to start; a `containerSet` is one pod",
                )


def _like(call: Call, ctx: Context) -> str | None:
    """What steps must have in common to share a pod; None for one that cannot."""
    template = target_of(ctx.facts, call).template
    if template is None or call.loop is not None:
        return None
    if any(call.get(key) for key in _CONDITIONS) or call.get("arguments", "artifacts"):
        return None
    # What another step has left is not there before its pod has ended.
    if any(each in str(call.data) for each in _LEFT_BY_OTHERS):
        return None
    alone = any(template.value(key) for key in _ALONE) or template.retry() is not None
    if alone or template.get("inputs", "artifacts"):
        return None
    # Only containers and scripts have one.
    image = template.value(template.kind, "image")
    node = template.get("nodeSelector"), template.get("affinity"), template.get("tolerations")
    if not isinstance(image, str) or "{{" in image:
        return None
    return json.dumps([image, node], sort_keys=True, default=str)
