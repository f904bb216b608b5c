"""See argo_hook_expression_missing.md."""

from __future__ import annotations

from collections.abc import Iterator

from kguard.facts.argo.hooks import Hook
from kguard.model import Fault
from kguard.policy.context import Context


def check(hook: Hook, ctx: Context) -> Iterator[Fault]:
    """Yield a fault for a hook that does not say when it runs."""
    if not hook.is_exit and hook.get("expression") in (None, ""):
        yield hook.fault(
            ("expression",),
            f"{hook.called} has no `expression`",
            help="it runs into an error; only the hook called `exit` does without one",
        )
