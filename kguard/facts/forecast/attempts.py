"""How often a template may be run again, at most.

Source: argo-workflows workflow/controller/operator.go (processNodeRetries): `limit` counts what
follows the first attempt, and `backoff.maxDuration` may end them earlier.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from fractions import Fraction
from typing import Any

from kguard import quantity
from kguard.facts.argo.templates import whole_number
from kguard.model import dig


def most_attempts(retry: Any) -> int | None:
    """How many attempts a retryStrategy allows; None where nothing in it says.

    Without a limit the wait between attempts is skipped, and a run goes on until it succeeds or
    until the wait, which grows all the same, would be longer than `maxDuration`.
    """
    written = dig(retry, "limit")
    if written is None or written == "":
        return _attempts_within(dig(retry, "backoff"), waits=False)
    limit = whole_number(written)
    if limit is None:
        return None
    within = _attempts_within(dig(retry, "backoff"), waits=True)
    attempts = max(limit, 0) + 1
    return attempts if within is None else min(attempts, within)


def _attempts_within(backoff: Any, *, waits: bool) -> int | None:
    """How many attempts begin before `maxDuration` is over, if each ends at once.

    None where it holds none back, as waits of one length do not that nobody waits for.
    """
    if not isinstance(backoff, Mapping):
        return None
    try:
        most = max(quantity.parse_argo_duration(backoff.get("maxDuration")), Fraction(0))
        wait = quantity.parse_argo_duration(backoff.get("duration"))
        written = backoff.get("cap")
        cap: Fraction | float = quantity.parse_argo_duration(written) if written else math.inf
    except ValueError:
        return None
    if wait <= 0 or cap <= 0:
        return None
    # A factor of 0 or less is none.
    factor = whole_number(backoff.get("factor")) or 1
    spent, attempts = Fraction(0), 1
    while factor > 1 and wait < cap and spent + wait <= most:
        spent += wait if waits else 0
        wait *= factor
        attempts += 1
    at_most = min(wait, cap)
    if not waits:
        return attempts if at_most > most else None
    return attempts + int((most - spent) // at_most)
