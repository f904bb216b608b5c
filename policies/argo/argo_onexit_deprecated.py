"""See argo_onexit_deprecated.md."""

from __future__ import annotations

from collections.abc import Iterator

from kguard.facts.argo.templates import Call
from kguard.model import REMOVE, Edit, Fault, Fix
from kguard.policy.context import Context


def check(call: Call, ctx: Context) -> Iterator[Fault]:
    """Yield a fault for an `onExit` of a step or task."""
    name = call.get("onExit")
    if not isinstance(name, str) or not name:
        return
    fix = None
    if call.get("hooks", "exit") is None:
        edits = (
            Edit(call.at("hooks", "exit", "template"), name),
            Edit(call.at("onExit"), REMOVE),
        )
        fix = Fix(edits, safe=True, title=f"write `hooks: {{exit: {{template: {name}}}}}`")
    yield call.fault(
        ("onExit",),
        f"`onExit` of {call.called} is deprecated",
        help="`hooks.exit` does the same and takes arguments",
        fix=fix,
        at_key=True,
    )
