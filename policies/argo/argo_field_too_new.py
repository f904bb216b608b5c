"""See argo_field_too_new.md."""

from __future__ import annotations

from collections.abc import Iterator

from kguard.facts.argo.controller import argo_version, version_text
from kguard.facts.argo.shape import ArgoDatedField
from kguard.model import Fault
from kguard.policy.context import Context


def check(dated: ArgoDatedField, ctx: Context) -> Iterator[Fault]:
    """Yield a fault for a field that came with a later version of Argo than runs it."""
    version, since = argo_version(ctx.facts, dated.resource), dated.field.since
    if version is None or since is None or version >= since:
        return
    yield dated.fault(
        (dated.key,),
        f"`{dated.key}` came with Argo {version_text(since)}: "
        f"{version_text(version)} does not read it",
        help="small CRDs keep such a field and it does nothing; full ones drop it",
        at_key=True,
    )
