"""See api_removed.md."""

from __future__ import annotations

from collections.abc import Iterator

from kguard.facts.schema.apis import ApiVersion, Standing
from kguard.model import Fault
from kguard.policies.schema._versions import fix_of, instead
from kguard.policy.context import Context


def check(api: ApiVersion, ctx: Context) -> Iterator[Fault]:
    """Yield a fault for an apiVersion that the release does not serve any more."""
    if api.standing is not Standing.REMOVED:
        return
    called = f"`{api.resource.api_version}` of {api.resource.kind}"
    yield api.fault(
        ("apiVersion",),
        f"{called} is gone since Kubernetes 1.{api.minor}",
        help=f"write {instead(api)}" if api.replacement else "nothing replaces it",
        fix=fix_of(api),
    )
