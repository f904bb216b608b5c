"""See grace_zero.md."""

from __future__ import annotations

from collections.abc import Iterator

from kguard.facts.pods import Pod
from kguard.model import REMOVE, Edit, Fault, Fix
from kguard.policy.context import ERROR, WARNING, Context


def check(pod: Pod, ctx: Context) -> Iterator[Fault]:
    """Yield a fault for a pod that is killed without a grace period."""
    if pod.grace != 0:
        return
    stateful = pod.resource.kind == "StatefulSet"
    yield pod.fault(
        ("terminationGracePeriodSeconds",),
        "a grace period of 0 kills the pod at once",
        severity=ERROR if stateful else WARNING,
        help="its name may be given to a new pod while the old one still runs"
        if stateful
        else "the kubelet sends SIGKILL a second or two after SIGTERM: too soon to finish anything",
        fix=Fix(
            (Edit(pod.at("terminationGracePeriodSeconds"), REMOVE),),
            safe=False,  # A new pod template is a rollout.
            title="remove it: the default is 30 seconds",
        ),
    )
