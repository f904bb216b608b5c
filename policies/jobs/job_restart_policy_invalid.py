"""See job_restart_policy_invalid.md."""

from __future__ import annotations

from collections.abc import Iterator

from kguard.facts.pods import Pod
from kguard.facts.quantities import is_placeholder
from kguard.model import Edit, Fault, Fix, Related, dig
from kguard.policies.jobs._deadline import job_route
from kguard.policy.context import Context


def check(pod: Pod, ctx: Context) -> Iterator[Fault]:
    """Yield a fault for a restart policy that the API server refuses in a Job."""
    value, kind = pod.get("restartPolicy"), pod.resource.kind
    scaled = kind == "ScaledJob"
    if scaled and not value:
        value = "OnFailure"  # KEDA fills it in (pkg/scaling/executor/scale_jobs.go, generateJobs).
    route = (*job_route(pod), "podFailurePolicy")
    failure_policy = dig(pod.resource.data, *route) is not None
    if is_placeholder(value) or value == "Never" or pod.fragment:
        return
    related: list[Related] = []
    if value == "OnFailure":
        if not failure_policy:
            return
        message = "`restartPolicy: OnFailure` does not go with `podFailurePolicy`"
        related = [Related(pod.resource, route, "judges pods that failed, and none would fail")]
    elif value is None:
        message = f"pod of the {kind} has no `restartPolicy`, and the default is `Always`"
    else:
        message = f"`restartPolicy: {value}` is not allowed in a {kind}"
    choice = "`Never`" if failure_policy else "`Never` or `OnFailure`"
    yield pod.fault(
        ("restartPolicy",),
        message,
        help=f"the API server refuses {'its Jobs' if scaled else 'it'}; write {choice}",
        related=related,
        fix=Fix(
            (Edit(pod.at("restartPolicy"), "Never"),),
            safe=True,  # What is refused runs nowhere, so nothing is stopped by it.
            title="set `restartPolicy: Never`",
        ),
    )
