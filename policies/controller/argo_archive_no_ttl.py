"""See argo_archive_no_ttl.md."""

from __future__ import annotations

from collections.abc import Iterator

from kguard.facts.argo.config import ControllerConfig, Layout
from kguard.model import Fault, Unknown
from kguard.policy.context import Context


def check(config: ControllerConfig, ctx: Context) -> Iterator[Fault | Unknown]:
    """Yield a fault for an archive from which nothing is ever deleted."""
    if config.get("persistence", "archive") is not True:
        return
    if config.get("persistence", "archiveTTL") not in (None, ""):
        return
    if config.layout is Layout.HELM:
        yield ctx.unknown("other Helm values may set it")
        return
    yield config.fault(
        ("persistence", "archiveTTL"),
        "no `archiveTTL`: archived workflows stay in the database for ever",
        help="`archiveTTL: 180d` deletes those that are older",
    )
