"""See cronjob_forbid_no_deadline.md."""

from __future__ import annotations

from collections.abc import Iterator

from kguard.facts.workloads import Workload
from kguard.model import Fault, Related
from kguard.policies.jobs._deadline import endless, job_route
from kguard.policy.context import Context


def check(cronjob: Workload, ctx: Context) -> Iterator[Fault]:
    """Yield a fault for a schedule that one run which hangs would stop."""
    if cronjob.get("spec", "concurrencyPolicy") != "Forbid" or not endless(cronjob.pod):
        return
    if cronjob.get("spec", "suspend") is True:
        return  # It runs when somebody starts it.
    yield cronjob.fault(
        (*job_route(cronjob.pod), "activeDeadlineSeconds"),
        f"a run of {cronjob.called} that hangs ends its schedule: nothing stops that run",
        help="`Forbid` starts no run beside an old one; `activeDeadlineSeconds` ends the old one",
        related=[Related(cronjob.resource, ("spec", "concurrencyPolicy"), "waits for the old run")],
    )
