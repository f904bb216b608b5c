"""See prestop_exceeds_grace.md."""

from __future__ import annotations

from collections.abc import Iterator
from math import ceil

from kguard.facts.pods import DEFAULT_GRACE, Container
from kguard.model import Edit, Fault, Fix, Related
from kguard.policy.context import ERROR, WARNING, Context


def check(container: Container, ctx: Context) -> Iterator[Fault]:
    """Yield a fault where a preStop sleep leaves the program too little of the grace period."""
    seconds, grace, first = container.prestop_seconds, container.pod.grace, ""
    if seconds is None:
        from kguard.policies.termination._hooks import first_sleep  # Late: few hooks are texts.

        seconds, first = first_sleep(container.get("lifecycle", "preStop")), " before anything else"
    if not seconds or grace is None:
        return
    left = grace - seconds
    if left >= ctx.params["min_app"]:
        return
    native = container.get("lifecycle", "preStop", "sleep") is not None
    written = container.pod.get("terminationGracePeriodSeconds") is not None
    route = (*container.pod.route, "terminationGracePeriodSeconds")
    if left < 0:
        what = f"longer than the {grace} s"
    else:
        what = f"all but {left:g} s of the {grace} s" if left else f"all of the {grace} s"
    needed = ceil(seconds) + max(DEFAULT_GRACE, ceil(ctx.params["min_app"]))
    yield container.fault(
        ("lifecycle", "preStop"),
        f"preStop of {container.called} sleeps {seconds:g} s{first}, {what} the pod has to stop",
        severity=ERROR if native and left < 0 else WARNING,
        help="the API server rejects it"
        if native and left < 0
        else "the grace period runs during preStop; the program gets its rest, 2 s at least",
        related=[Related(container.resource, route, "the grace period")] if written else [],
        fix=Fix(
            (Edit(route, needed),),
            safe=False,  # A new pod template is a rollout.
            title=f"set `terminationGracePeriodSeconds: {needed}`",
        ),
    )
