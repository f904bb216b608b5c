"""See argo_retry_backoff_no_duration.md."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from kguard.facts.argo.fields import Retry
from kguard.model import Fault
from kguard.policy.context import Context


def check(retry: Retry, ctx: Context) -> Iterator[Fault]:
    """Yield a fault for a backoff that does not say how long it waits."""
    if not isinstance(retry.get("retryStrategy", "backoff"), Mapping):
        return
    if retry.value("backoff", "duration") in (None, ""):
        yield retry.fault(
            ("retryStrategy", "backoff", "duration"),
            f"`backoff` of {retry.called} has no `duration`",
            help="the first failure ends in an error: no base duration specified for retryStrategy",
        )
