"""See argo_hooks_discouraged.md."""

from __future__ import annotations

from collections.abc import Iterator

from kguard.facts.argo.hooks import Hook
from kguard.model import Fault
from kguard.policy.context import Context


def check(hook: Hook, ctx: Context) -> Iterator[Fault]:
    """Yield a fault for a hook that runs beside its step."""
    if not hook.is_exit:
        yield hook.fault(
            (),
            f"{hook.called} runs beside what it watches",
            help="such hooks have run early, late or not at all; a step or `exit` is surer",
        )
