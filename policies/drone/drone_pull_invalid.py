"""See drone_pull_invalid.md."""

from __future__ import annotations

from collections.abc import Iterator

from kguard.facts.drone.pipeline import Pipeline
from kguard.facts.quantities import is_placeholder
from kguard.model import Fault
from kguard.policy.context import NOTE, Context
from kguard.quantity._quote import quoted
from kguard.words import nearest

_KNOWN = ("always", "if-not-exists", "never")

# What means what is done, by Kubernetes' and Compose's names.
_SAME = ("default", "false", "ifnotpresent", "if-not-present", "missing")


def check(pipeline: Pipeline, ctx: Context) -> Iterator[Fault]:
    """Yield a fault for each step whose pull policy is none of Drone's."""
    for step in pipeline.steps:
        pull = step.get("pull", default="")
        if not isinstance(pull, (str, bool)) or is_placeholder(pull):
            continue
        written = str(pull).lower() if isinstance(pull, bool) else pull
        if not written or written.lower() in _KNOWN:
            continue
        yield step.fault(
            ("pull",),
            f"pull policy {quoted(written)} of {step.called} is none the runner knows",
            severity=NOTE if written.lower() in _SAME else None,
            help=f"it is read as `if-not-exists`{nearest(written, _KNOWN)}",
        )
