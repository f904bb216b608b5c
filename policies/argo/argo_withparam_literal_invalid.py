"""See argo_withparam_literal_invalid.md."""

from __future__ import annotations

from collections.abc import Iterator

from kguard.facts.argo.templates import Call
from kguard.model import Fault
from kguard.policy.context import Context


def check(call: Call, ctx: Context) -> Iterator[Fault]:
    """Yield a fault for a loop over a text that is no JSON list."""
    loop = call.loop
    if loop is None or loop.key != "withParam" or loop.dynamic or loop.count is not None:
        return
    text = call.get("withParam")
    if not isinstance(text, str):
        message = f"`withParam` of {call.called} is no text"
    elif not text or text.strip() == "null":
        return  # An empty text is no loop at all, and null a loop without items.
    else:
        message = f"`withParam` of {call.called} is no JSON list"
    yield call.fault(
        ("withParam",),
        message,
        help="it wants JSON such as `[1, 2]`; for YAML there is `withItems`",
    )
