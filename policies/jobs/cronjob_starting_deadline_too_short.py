"""See cronjob_starting_deadline_too_short.md."""

from __future__ import annotations

from collections.abc import Iterator

from kguard.facts.workloads import Workload
from kguard.model import Fault
from kguard.policy.context import ERROR, WARNING, Context

_POLLS_UNTIL = (1, 21)
"""The first controller looked every 10 s; the second waits for each time, by default since 1.21."""


def check(cronjob: Workload, ctx: Context) -> Iterator[Fault]:
    """Yield a fault for a window in which the controller may not, or cannot, start a run."""
    seconds = cronjob.get("spec", "startingDeadlineSeconds")
    if not isinstance(seconds, int) or isinstance(seconds, bool) or seconds >= 10:
        return
    if seconds < 0:
        message, help = "is refused", "the API server takes no negative number"
    elif seconds == 0:
        message = "starts no run at all"
        help = "the controller looks a moment after the time, and that is too late already"
    else:
        message = "may start no run"
        help = "a controller that is busy or just restarting is late by more, and skips the run"
    never = seconds <= 0 or ctx.assume.kube < _POLLS_UNTIL
    yield cronjob.fault(
        ("spec", "startingDeadlineSeconds"),
        f"{cronjob.called} {message} with a `startingDeadlineSeconds` of {seconds}",
        severity=ERROR if never else WARNING,
        help=help,
    )
