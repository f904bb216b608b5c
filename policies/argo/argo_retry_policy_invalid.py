"""See argo_retry_policy_invalid.md."""

from __future__ import annotations

from collections.abc import Iterator

from kguard.facts.argo.fields import Retry
from kguard.facts.quantities import is_placeholder
from kguard.model import Fault
from kguard.policy.context import Context

_POLICIES = ("Always", "OnFailure", "OnError", "OnTransientError")


def check(retry: Retry, ctx: Context) -> Iterator[Fault]:
    """Yield a fault for a retryPolicy that Argo does not know."""
    policy = retry.get("retryStrategy", "retryPolicy")
    if policy in (None, "", *_POLICIES) or is_placeholder(policy):
        return
    meant = [each for each in _POLICIES if each.lower() == str(policy).lower()]
    names = ", ".join(f"`{each}`" for each in _POLICIES)
    yield retry.fault(
        ("retryStrategy", "retryPolicy"),
        f"`{policy}` is no retryPolicy ({retry.called})",
        help=f"did you mean `{meant[0]}`?" if meant else f"Argo knows {names}",
    )
