"""See argo_retry_backoff_ignored.md."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from kguard.facts.argo.fields import Retry
from kguard.model import Fault
from kguard.policy.context import Context


def check(retry: Retry, ctx: Context) -> Iterator[Fault]:
    """Yield a fault for a backoff that Argo skips because there is no limit."""
    if not isinstance(retry.get("retryStrategy", "backoff"), Mapping):
        return
    if retry.value("limit") in (None, ""):
        yield retry.fault(
            ("retryStrategy", "limit"),
            f"`backoff` of {retry.called} is ignored: `retryStrategy` has no `limit`",
            help="retries follow each other at once; only `maxDuration` still ends them",
        )
