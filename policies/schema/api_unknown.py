"""See api_unknown.md."""

from __future__ import annotations

from collections.abc import Iterator

from kguard.facts.schema.apis import ApiVersion, Standing
from kguard.model import Fault
from kguard.policies.schema._versions import instead
from kguard.policy.context import Context


def check(api: ApiVersion, ctx: Context) -> Iterator[Fault]:
    """Yield a fault for an apiVersion under which no release, or no such old one, has the kind."""
    version, kind = api.resource.api_version, api.resource.kind
    if api.standing is Standing.TOO_NEW:
        message = (
            f"`{version}` has {kind} since Kubernetes 1.{api.minor}, "
            f"and this is for 1.{ctx.assume.kube[1]}"
        )
    elif api.standing is Standing.UNKNOWN:
        message = f"Kubernetes has no {kind} in `{version}`"
    else:
        return
    help = f"write {instead(api)}" if api.replacement else "the API server does not know it"
    yield api.fault(("apiVersion",), message, help=help)
