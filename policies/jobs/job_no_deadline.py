"""See job_no_deadline.md."""

from __future__ import annotations

from collections.abc import Iterator

from kguard.facts.pods import Pod
from kguard.model import Fault
from kguard.policies.jobs._deadline import endless, job_route
from kguard.policy.context import Context


def check(pod: Pod, ctx: Context) -> Iterator[Fault]:
    """Yield a fault for a Job that may run for ever."""
    job = pod.resource
    if not endless(pod):
        return
    yield Fault(
        resource=job,
        route=(*job_route(pod), "activeDeadlineSeconds"),
        message=f"Job `{job.name or job.generate_name}` has no `activeDeadlineSeconds`",
        help="a run that hangs, or stays pending, never ends",
    )
