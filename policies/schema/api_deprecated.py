"""See api_deprecated.md."""

from __future__ import annotations

from collections.abc import Iterator

from kguard.facts.schema.apis import ApiVersion, Standing
from kguard.model import Fault
from kguard.policies.schema._versions import fix_of, instead
from kguard.policy.context import NOTE, Context


def check(api: ApiVersion, ctx: Context) -> Iterator[Fault]:
    """Yield a fault for an apiVersion that a later release does not serve."""
    if api.standing is not Standing.DEPRECATED or not api.replacement:
        return
    going = f", and Kubernetes 1.{api.minor} removes it" if api.minor else ""
    yield api.fault(
        ("apiVersion",),
        f"`{api.resource.api_version}` of {api.resource.kind} is deprecated "
        f"since Kubernetes 1.{api.deprecated}{going}",
        severity=None if api.minor else NOTE,
        help=f"write {instead(api)}",
        fix=fix_of(api),
    )
