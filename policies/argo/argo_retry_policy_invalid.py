"""See argo_retry_policy_invalid.md."""

from __future__ import annotations

from collections.abc import Iterator

from kguard.facts.argo.fields import Retry
from kguard.facts.argo.wrong import RETRY_POLICIES
from kguard.facts.quantities import is_placeholder
from kguard.model import Fault
from kguard.policy.context import Context


def check(retry: Retry, ctx: Context) -> Iterator[Fault]:
    """Yield a fault for a retryPolicy that Argo does not know."""
    policy = retry.get("retryStrategy", "retryPolicy")
    if retry.default:  # argo-config-wrong-type's: every workflow fails.
        return
    if policy in (None, "", *RETRY_POLICIES) or is_placeholder(policy):
        return
    meant = [each for each in RETRY_POLICIES if each.lower() == str(policy).lower()]
    names = ", ".join(f"`{each}`" for each in RETRY_POLICIES)
    yield retry.fault(
        ("retryStrategy", "retryPolicy"),
        f"`{policy}` is no retryPolicy ({retry.called})",
        help=f"did you mean `{meant[0]}`?" if meant else f"Argo knows {names}",
    )
