"""How often a template may be run again, at most.

Source: argo-workflows workflow/controller/operator.go (processNodeRetries): `limit` counts what
follows the first attempt, and `backoff.maxDuration` may end them earlier.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from kguard import quantity
from kguard.facts.argo.templates import whole_number
from kguard.model import dig

_MOST_WAITS = 1_000


def most_attempts(retry: Any) -> int | None:
    """How many attempts a retryStrategy allows; None where nothing in it says.

    Without a limit a run goes on until it succeeds: the wait between attempts is skipped then.
    """
    limit = whole_number(dig(retry, "limit"))
    if limit is None:
        return None
    within = _attempts_within(dig(retry, "backoff"))
    attempts = max(limit, 0) + 1
    return attempts if within is None else min(attempts, within)


def _attempts_within(backoff: Any) -> int | None:
    """How many attempts begin before `maxDuration` is over, if each ends at once."""
    if not isinstance(backoff, Mapping):
        return None
    try:
        most = quantity.parse_argo_duration(backoff.get("maxDuration"))
        wait = quantity.parse_argo_duration(backoff.get("duration"))
    except ValueError:
        return None
    if most <= 0 or wait <= 0:
        return None
    factor = whole_number(backoff.get("factor")) or 1
    spent, attempts = wait, 1
    while spent <= most and attempts < _MOST_WAITS:
        attempts += 1
        wait *= factor
        spent += wait
    return attempts
