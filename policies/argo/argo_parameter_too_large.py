"""See argo_parameter_too_large.md."""

from __future__ import annotations

from collections.abc import Iterator

from kguard.facts.argo.controller import argo_version
from kguard.facts.argo.fields import Literal
from kguard.facts.sizes import written
from kguard.model import Fault
from kguard.policy.context import ERROR, WARNING, Context

_OFFLOADS_SINCE = (3, 6)


def check(literal: Literal, ctx: Context) -> Iterator[Fault]:
    """Yield a fault for a literal value that is too large to be handed around."""
    size = literal.size
    if size <= ctx.params["warn_bytes"]:
        return
    version = argo_version(ctx.facts, literal.resource)
    fatal = size > ctx.params["max_bytes"] and version is not None and version < _OFFLOADS_SINCE
    yield literal.fault(
        literal.keys,
        f"{literal.called} is {written(size)} long",
        severity=ERROR if fatal else WARNING,
        help="it is copied into the spec, into every node that receives it and into its pod",
    )
